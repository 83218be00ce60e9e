"""Watches: small stack programs looked at on the clock, what they remember, and the doses they give."""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
# columns of the watch tables
MARKS, FROM, TO, ACT, TARGET, AMOUNT_FROM, AMOUNT_TO, LIMIT = 0, 1, 2, 3, 4, 5, 6, 7
DURATION, DELAY, APART = 0, 1, 2
STACK, TOP = 64, 63
PLACE = 0xFFFFFFF  # a place is masked with it: the compiler then sees that it is not negative, and spares a check


@compiled(
    "float64(float64[::1], int64, float64, int64, int64, int64[:, ::1], float64[::1], float64[::1], float64[::1], "
    "float64[::1])",
    True,
)
def answer(w, l, t, first, last, code, constants, extras, registers, stack):
    """Runs one program on the lane's observables at time t."""
    top = -1
    for k in range(first, last):
        op, a = code[k & PLACE, 0], code[k & PLACE, 1] & PLACE
        if op < OP_ADD:
            top += 1
            if op == OP_CONST:
                stack[top & TOP] = constants[a]
            elif op == OP_OBS:
                stack[top & TOP] = w[a + l]
            elif op == OP_PAR:
                stack[top & TOP] = extras[a]
            elif op == OP_TIME:
                stack[top & TOP] = t
            else:
                stack[top & TOP] = registers[a]
            continue
        x = stack[top & TOP]
        if op == OP_NEG:
            stack[top & TOP] = -x
        elif op == OP_ABS:
            stack[top & TOP] = abs(x)
        elif op == OP_NOT:
            stack[top & TOP] = 0.0 if (x != 0.0 and x == x) else 1.0
        elif op == OP_EXP:
            stack[top & TOP] = exp(x)
        elif op == OP_LOG:
            stack[top & TOP] = log(x) if x > 0.0 else np.nan
        elif op == OP_FLOOR:
            stack[top & TOP] = np.floor(x)
        elif op == OP_WHERE:
            top -= 2
            holds = stack[top & TOP] != 0.0 and stack[top & TOP] == stack[top & TOP]
            stack[top & TOP] = stack[(top + 1) & TOP] if holds else x
        else:
            top -= 1
            y = stack[top & TOP]
            if op == OP_ADD:
                y = y + x
            elif op == OP_SUB:
                y = y - x
            elif op == OP_MUL:
                y = y * x
            elif op == OP_DIV:
                y = y / x if x != 0.0 else np.nan
            elif op == OP_MIN:
                y = y if y < x else x
            elif op == OP_MAX:
                y = y if y > x else x
            elif op == OP_LT:
                y = 1.0 if y < x else 0.0
            elif op == OP_LE:
                y = 1.0 if y <= x else 0.0
            elif op == OP_GT:
                y = 1.0 if y > x else 0.0
            elif op == OP_GE:
                y = 1.0 if y >= x else 0.0
            elif op == OP_EQ:
                y = 1.0 if y == x else 0.0
            elif op == OP_NE:
                y = 1.0 if y != x else 0.0
            elif op == OP_AND:
                y = 1.0 if (y != 0.0 and y == y and x != 0.0 and x == x) else 0.0
            else:
                y = 1.0 if ((y != 0.0 and y == y) or (x != 0.0 and x == x)) else 0.0
            stack[top & TOP] = y
    return stack[0]


@compiled("void(float64[::1], int64)")
def clear_registers(registers, watches):
    """What every watch remembers before its first look."""
    for k in range(watches):
        r = k * REGISTERS
        registers[r + REGISTER_VALUE] = 0.0
        registers[r + REGISTER_FIRST] = np.inf
        registers[r + REGISTER_LAST] = -np.inf
        registers[r + REGISTER_COUNT] = 0.0
        registers[r + REGISTER_PEAK] = -np.inf
        registers[r + REGISTER_PEAK_TIME] = np.nan
        registers[r + REGISTER_SUM] = 0.0
        registers[r + REGISTER_LOOKED] = np.nan
        registers[r + REGISTER_DONE] = 0.0
        registers[r + REGISTER_DONE_FIRST] = np.inf
        registers[r + REGISTER_DONE_LAST] = -np.inf


@compiled(
    "int64(float64[::1], int64, float64, int64, int64[:, ::1], float64[:, ::1], int64[:, ::1], float64[::1], "
    "float64[::1], "
    "float64[::1], float64[::1], float64[:, ::1], int64[::1])",
    True,
)
def look(w, l, t, marks, whole, real, code, constants, extras, registers, stack, given, count):
    """All watches that meet these marks: 1 when something was given or set, 2 when follow-up stops, 3 both."""
    result = 0
    for k in range(whole.shape[0]):
        if whole[k, MARKS] & marks == 0:
            continue
        r = (k * REGISTERS) & PLACE
        x = answer(w, l, t, whole[k, FROM], whole[k, TO], code, constants, extras, registers, stack)
        looked = registers[r + REGISTER_LOOKED]
        if looked == looked:
            registers[r + REGISTER_SUM] += 0.5 * (x + registers[r + REGISTER_VALUE]) * (t - looked)
        registers[r + REGISTER_LOOKED] = t
        registers[r + REGISTER_VALUE] = x
        if x > registers[r + REGISTER_PEAK]:
            registers[r + REGISTER_PEAK] = x
            registers[r + REGISTER_PEAK_TIME] = t
        if x == 0.0 or x != x:
            continue
        if registers[r + REGISTER_COUNT] == 0.0:
            registers[r + REGISTER_FIRST] = t
        registers[r + REGISTER_LAST] = t
        registers[r + REGISTER_COUNT] += 1.0
        act, begin = whole[k, ACT], t + real[k, DELAY]
        if act == ACT_NOTHING or registers[r + REGISTER_DONE] >= whole[k, LIMIT]:
            continue
        if begin - registers[r + REGISTER_DONE_LAST] < real[k, APART] - 1e-9:
            continue
        if act == ACT_STOP:
            result |= 2
        else:
            amount = answer(
                w, l, t, whole[k, AMOUNT_FROM], whole[k, AMOUNT_TO], code, constants, extras, registers, stack
            )
            if amount != amount or (act == ACT_DOSE and amount <= 0.0):
                continue
            row = count[l]
            given[row, 0] = begin
            given[row, 1] = float(whole[k, TARGET])
            given[row, 2] = amount
            given[row, 3] = real[k, DURATION] if act == ACT_DOSE else 0.0
            count[l] = row + 1
            result |= 1
        if registers[r + REGISTER_DONE] == 0.0:
            registers[r + REGISTER_DONE_FIRST] = begin
        registers[r + REGISTER_DONE] += 1.0
        registers[r + REGISTER_DONE_LAST] = begin
    return result
