"""Watches: small programs looked at on the clock, what they remember, and the doses they give.

Each patient has a slate: the tick's time, room for what a program works out on the way, what the watches remember,
the observables they ask for, the plan's constants and the patient's own. Each row of a program's code says what to
do, the place on the slate where the result goes, and the places of up to three values.
"""
# ruff: noqa: F821, E741

# ---- copied into every generated file from here on ----
# columns of the watch tables
MARKS, FROM, TO, RESULT, ACT, TARGET, AMOUNT_FROM, AMOUNT_TO, AMOUNT, LIMIT = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
DURATION, DELAY, APART = 0, 1, 2
CLOCK, REMEMBERED = 0, 65  # places on the slate: the time, and where what the watches remember begins
PLACE = 0xFFFFFFF  # a place is masked with it: the compiler then sees that it is not negative, and spares a check


@compiled("void(float64[:, ::1], int64, int64, int64, float64[::1], float64[:, ::1])")
def clean(slate, p, watches, looked, constants, extras):
    """The slate of a patient before the first look."""
    for k in range(watches):
        r = (REMEMBERED + k * REGISTERS) & PLACE
        slate[p, r + REGISTER_VALUE] = 0.0
        slate[p, r + REGISTER_FIRST] = np.inf
        slate[p, r + REGISTER_LAST] = -np.inf
        slate[p, r + REGISTER_COUNT] = 0.0
        slate[p, r + REGISTER_PEAK] = -np.inf
        slate[p, r + REGISTER_PEAK_TIME] = np.nan
        slate[p, r + REGISTER_SUM] = 0.0
        slate[p, r + REGISTER_LOOKED] = np.nan
        slate[p, r + REGISTER_DONE] = 0.0
        slate[p, r + REGISTER_DONE_FIRST] = np.inf
        slate[p, r + REGISTER_DONE_LAST] = -np.inf
    at = REMEMBERED + watches * REGISTERS + looked
    for i in range(constants.shape[0]):
        slate[p, at + i] = constants[i]
    for i in range(extras.shape[1]):
        slate[p, at + constants.shape[0] + i] = extras[p, i]


@compiled("void(float64[:, ::1], int64, int64, int64, int64[:, ::1])", True)
def work_out(slate, p, first, last, code):
    """Carries out the rows [first, last) of the code on a patient's slate."""
    for k in range(first, last):
        op = code[k & PLACE, 0]
        x, y = slate[p & PLACE, code[k & PLACE, 2] & PLACE], slate[p & PLACE, code[k & PLACE, 3] & PLACE]
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
        elif op == OP_ABS:
            x = abs(x)
        elif op == OP_LT:
            x = 1.0 if x < y else 0.0
        elif op == OP_LE:
            x = 1.0 if x <= y else 0.0
        elif op == OP_GT:
            x = 1.0 if x > y else 0.0
        elif op == OP_GE:
            x = 1.0 if x >= y else 0.0
        elif op == OP_EQ:
            x = 1.0 if x == y else 0.0
        elif op == OP_NE:
            x = 1.0 if x != y else 0.0
        elif op == OP_AND:
            x = 1.0 if (x != 0.0 and x == x and y != 0.0 and y == y) else 0.0
        elif op == OP_OR:
            x = 1.0 if ((x != 0.0 and x == x) or (y != 0.0 and y == y)) else 0.0
        elif op == OP_NOT:
            x = 0.0 if (x != 0.0 and x == x) else 1.0
        elif op == OP_WHERE:
            x = y if (x != 0.0 and x == x) else slate[p & PLACE, code[k & PLACE, 4] & PLACE]
        elif op == OP_EXP:
            x = exp(x)
        elif op == OP_LOG:
            x = log(x) if x > 0.0 else np.nan
        else:
            x = np.floor(x)
        slate[p & PLACE, code[k & PLACE, 1] & PLACE] = x


@compiled(
    "int64(float64[::1], int64, int64, float64, int64, int64[:, ::1], float64[:, ::1], int64[:, ::1], int64[::1], "
    "float64[:, ::1], float64[:, :, ::1], int64[::1])",
    True,
)
def look(w, l, p, t, marks, whole, real, code, looked, slate, given, count):
    """All watches that meet these marks: 1 when something was given or set, 2 when follow-up stops, 3 both."""
    p = p & PLACE
    result = 0
    slate[p, CLOCK] = t
    at = (REMEMBERED + whole.shape[0] * REGISTERS) & PLACE
    for j in range(looked.shape[0]):
        slate[p, at + j] = w[(looked[j] + l) & PLACE]
    for k in range(whole.shape[0]):
        if whole[k, MARKS] & marks == 0:
            continue
        r = (REMEMBERED + k * REGISTERS) & PLACE
        work_out(slate, p, whole[k, FROM], whole[k, TO], code)
        x = slate[p, whole[k, RESULT] & PLACE]
        looked_at = slate[p, r + REGISTER_LOOKED]
        if looked_at == looked_at:
            slate[p, r + REGISTER_SUM] += 0.5 * (x + slate[p, r + REGISTER_VALUE]) * (t - looked_at)
        slate[p, r + REGISTER_LOOKED] = t
        slate[p, r + REGISTER_VALUE] = x
        if x > slate[p, r + REGISTER_PEAK]:
            slate[p, r + REGISTER_PEAK] = x
            slate[p, r + REGISTER_PEAK_TIME] = t
        if x == 0.0 or x != x:
            continue
        if slate[p, r + REGISTER_COUNT] == 0.0:
            slate[p, r + REGISTER_FIRST] = t
        slate[p, r + REGISTER_LAST] = t
        slate[p, r + REGISTER_COUNT] += 1.0
        act, begin = whole[k, ACT], t + real[k, DELAY]
        if act == ACT_NOTHING or slate[p, r + REGISTER_DONE] >= whole[k, LIMIT]:
            continue
        if begin - slate[p, r + REGISTER_DONE_LAST] < real[k, APART] - 1e-9:
            continue
        if act == ACT_STOP:
            result |= 2
        else:
            work_out(slate, p, whole[k, AMOUNT_FROM], whole[k, AMOUNT_TO], code)
            amount = slate[p, whole[k, AMOUNT] & PLACE]
            if amount != amount or (act == ACT_DOSE and amount <= 0.0):
                continue
            row = count[l]
            given[p, row, 0] = begin
            given[p, row, 1] = float(whole[k, TARGET])
            given[p, row, 2] = amount
            given[p, row, 3] = real[k, DURATION] if act == ACT_DOSE else 0.0
            count[l] = row + 1
            result |= 1
        if slate[p, r + REGISTER_DONE] == 0.0:
            slate[p, r + REGISTER_DONE_FIRST] = begin
        slate[p, r + REGISTER_DONE] += 1.0
        slate[p, r + REGISTER_DONE_LAST] = begin
    return result
