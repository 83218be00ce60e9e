"""Watches: programs in bytecode run at the clock's ticks, the registers they keep, and the doses they give.

Each patient has a register file: the tick's time, scratch registers of the programs, the registers that each watch
keeps, the observables that the programs read, the plan's constants and the patient's own. An instruction is a row of
the code: operation, offset of the result in the register file, offsets of up to three operands.
"""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
# columns of the watch tables
MARKS, FROM, TO, RESULT, ACT, TARGET, AMOUNT_FROM, AMOUNT_TO, AMOUNT, LIMIT = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
DURATION, DELAY, APART = 0, 1, 2
CLOCK, REMEMBERED = 0, 65  # offsets in the register file: the time, and the first register that a watch keeps
UNSIGNED = 0xFFFFFFF  # an offset is masked with it: the compiler then sees that it is not negative, and spares a check


@compiled("void(float64[:, ::1], int64, WatchPrograms, float64[:, ::1])")
def clear(registers, p, watches, extras):
    """The register file of a patient before the first look."""
    for k in range(watches.whole.shape[0]):
        r = (REMEMBERED + k * REGISTERS) & UNSIGNED
        registers[p, r + REGISTER_VALUE] = 0.0
        registers[p, r + REGISTER_FIRST] = np.inf
        registers[p, r + REGISTER_LAST] = -np.inf
        registers[p, r + REGISTER_COUNT] = 0.0
        registers[p, r + REGISTER_PEAK] = -np.inf
        registers[p, r + REGISTER_PEAK_TIME] = np.nan
        registers[p, r + REGISTER_SUM] = 0.0
        registers[p, r + REGISTER_LOOKED] = np.nan
        registers[p, r + REGISTER_DONE] = 0.0
        registers[p, r + REGISTER_DONE_FIRST] = np.inf
        registers[p, r + REGISTER_DONE_LAST] = -np.inf
    at = REMEMBERED + watches.whole.shape[0] * REGISTERS + watches.looked.shape[0]
    many = watches.constants.shape[0]
    for i in range(many):
        registers[p, at + i] = watches.constants[i]
    for i in range(extras.shape[1]):
        registers[p, at + many + i] = extras[p, i]


@compiled("float64(int64, float64, float64)", True)
def arithmetic(op, x, y):
    """The result of an operation from ADD to ABS."""
    if op == OP_ADD:
        x = x + y
    elif op == OP_SUB:
        x = x - y
    elif op == OP_MUL:
        x = x * y
    elif op == OP_DIV:
        x = x / y if y != 0.0 else np.nan
    elif op == OP_NEG:
        x = -x
    elif op == OP_MIN:
        x = x if x < y else y
    elif op == OP_MAX:
        x = x if x > y else y
    else:
        x = abs(x)
    return x


@compiled("float64(int64, float64, float64)", True)
def compared(op, x, y):
    """1 or 0 of a comparison, from LT to NE."""
    if op == OP_LT:
        x = 1.0 if x < y else 0.0
    elif op == OP_LE:
        x = 1.0 if x <= y else 0.0
    elif op == OP_GT:
        x = 1.0 if x > y else 0.0
    elif op == OP_GE:
        x = 1.0 if x >= y else 0.0
    elif op == OP_EQ:
        x = 1.0 if x == y else 0.0
    else:
        x = 1.0 if x != y else 0.0
    return x


@compiled("float64(int64, float64, float64, float64)", True)
def chosen(op, x, y, z):
    """The result of AND, OR, NOT (true is a number that is not 0) or WHERE."""
    if op == OP_AND:
        x = 1.0 if (x != 0.0 and x == x and y != 0.0 and y == y) else 0.0
    elif op == OP_OR:
        x = 1.0 if ((x != 0.0 and x == x) or (y != 0.0 and y == y)) else 0.0
    elif op == OP_NOT:
        x = 0.0 if (x != 0.0 and x == x) else 1.0
    else:
        x = y if (x != 0.0 and x == x) else z
    return x


@compiled("void(float64[:, ::1], int64, int64, int64, int64[:, ::1])", True)
def execute(registers, p, first, last, code):
    """Carries out the instructions [first, last) of the code on a patient's register file."""
    p = p & UNSIGNED
    for k in range(first, last):
        row = k & UNSIGNED
        op = code[row, 0]
        x, y = registers[p, code[row, 2] & UNSIGNED], registers[p, code[row, 3] & UNSIGNED]
        if op < OP_LT:
            x = arithmetic(op, x, y)
        elif op < OP_AND:
            x = compared(op, x, y)
        elif op < OP_EXP:
            x = chosen(op, x, y, registers[p, code[row, 4] & UNSIGNED])
        elif op == OP_EXP:
            x = exp(x)
        elif op == OP_LOG:
            x = log(x) if x > 0.0 else np.nan
        else:
            x = np.floor(x)
        registers[p, code[row, 1] & UNSIGNED] = x


@compiled("void(float64[:, ::1], int64, int64, float64, float64)", True)
def remember(registers, p, r, t, x):
    """Value x at time t goes into the registers that a watch keeps from offset r on."""
    looked_at = registers[p, r + REGISTER_LOOKED]
    if looked_at == looked_at:
        registers[p, r + REGISTER_SUM] += 0.5 * (x + registers[p, r + REGISTER_VALUE]) * (t - looked_at)
    registers[p, r + REGISTER_LOOKED] = t
    registers[p, r + REGISTER_VALUE] = x
    if x > registers[p, r + REGISTER_PEAK]:
        registers[p, r + REGISTER_PEAK] = x
        registers[p, r + REGISTER_PEAK_TIME] = t
    if x == 0.0 or x != x:
        return
    if registers[p, r + REGISTER_COUNT] == 0.0:
        registers[p, r + REGISTER_FIRST] = t
    registers[p, r + REGISTER_LAST] = t
    registers[p, r + REGISTER_COUNT] += 1.0


@inlined("int64(int64, int64, int64, int64, float64, WatchPrograms, float64[:, ::1], float64[:, :, ::1], int64[::1])")
def act(l, p, k, r, t, watches, registers, given, count):
    """Carries out the action of watch k where its limits allow: 1 when something was given or set, 2 for a stop."""
    what, begin = watches.whole[k, ACT], t + watches.real[k, DELAY]
    if what == ACT_NOTHING or registers[p, r + REGISTER_DONE] >= watches.whole[k, LIMIT]:
        return 0
    if begin - registers[p, r + REGISTER_DONE_LAST] < watches.real[k, APART] - 1e-9:
        return 0
    result = 2
    if what != ACT_STOP:
        execute(registers, p, watches.whole[k, AMOUNT_FROM], watches.whole[k, AMOUNT_TO], watches.code)
        amount = registers[p, watches.whole[k, AMOUNT] & UNSIGNED]
        if amount != amount or (what == ACT_DOSE and amount <= 0.0):
            return 0
        row = count[l]
        given[p, row, 0] = begin
        given[p, row, 1] = float(watches.whole[k, TARGET])
        given[p, row, 2] = amount
        given[p, row, 3] = watches.real[k, DURATION] if what == ACT_DOSE else 0.0
        count[l] = row + 1
        result = 1
    if registers[p, r + REGISTER_DONE] == 0.0:
        registers[p, r + REGISTER_DONE_FIRST] = begin
    registers[p, r + REGISTER_DONE] += 1.0
    registers[p, r + REGISTER_DONE_LAST] = begin
    return result


@inlined(
    "int64(float64[::1], int64, int64, float64, int64, WatchPrograms, float64[:, ::1], float64[:, :, ::1], int64[::1])"
)
def look(w, l, p, t, marks, watches, registers, given, count):
    """All watches that meet these marks: 1 when something was given or set, 2 when follow-up stops, 3 both."""
    result = 0
    registers[p, CLOCK] = t
    at = (REMEMBERED + watches.whole.shape[0] * REGISTERS) & UNSIGNED
    for j in range(watches.looked.shape[0]):
        registers[p, at + j] = w[(watches.looked[j] + l) & UNSIGNED]
    for k in range(watches.whole.shape[0]):
        if watches.whole[k, MARKS] & marks == 0:
            continue
        r = (REMEMBERED + k * REGISTERS) & UNSIGNED
        execute(registers, p, watches.whole[k, FROM], watches.whole[k, TO], watches.code)
        x = registers[p, watches.whole[k, RESULT] & UNSIGNED]
        remember(registers, p, r, t, x)
        if x != 0.0 and x == x:
            result |= act(l, p, k, r, t, watches, registers, given, count)
    return result
