"""What CAR-T do: wander towards the factor that tumour cells give off, bind by antigen, kill, let go, die."""

from __future__ import annotations

import math

from livingdrug.agents.chance import BINDING, FATE, HEADING, LIFE, TURN, direction, uniforms
from livingdrug.agents.compiled import compiled, inlined
from livingdrug.agents.law import ALIVE, APOPTOTIC, CAR_T, TUMOUR


@inlined
def seen(antigen, n):  # type: ignore[no-untyped-def]
    """How well a level of antigen is seen, 0 to 1."""
    return min(max((antigen - n.antigen_none) / (n.antigen_full - n.antigen_none), 0.0), 1.0)


@inlined
def uphill(x, u, i, j, k):  # type: ignore[no-untyped-def]
    """Unit vector of the field's gradient in a voxel (inside the cube), zero where it is flat."""
    gx = u[i + 1, j, k] - u[i - 1, j, k]
    gy = u[i, j + 1, k] - u[i, j - 1, k]
    gz = u[i, j, k + 1] - u[i, j, k - 1]
    size = math.sqrt(gx * gx + gy * gy + gz * gz)
    if size <= 0.0:
        return 0.0, 0.0, 0.0
    return gx / size, gy / size, gz / size


@compiled
def beat(count, dt, key, moment, factor, c, other, many, n):  # type: ignore[no-untyped-def]
    """One beat of all CAR-T, in the order of the columns: those that hold a cell kill it or let it go, the others may
    bind a neighbour, then those that are free may turn. Chances are rates times dt: mean times hold for any dt.

    other, many: the table of neighbours; factor: the field. Returns (bound, killed, let go) in this beat.
    """
    across = factor.shape[0]
    bound, killed, left = 0, 0, 0
    for i in range(count):
        if c.kind[i] != CAR_T or c.state[i] != ALIVE:
            continue
        j = c.partner[i]
        if j >= 0:
            u, w = uniforms(key, c.number[i], moment, FATE)
            kills = u < dt * n.kill * seen(c.antigen[j], n)
            if kills or w < dt * n.release:
                c.partner[i] = c.partner[j] = -1
                if kills:
                    c.state[j], c.timer[j] = APOPTOTIC, 0.0
                    killed += 1
                else:
                    left += 1
            continue
        total = 0.0
        for k in range(many[i]):
            total += dt * rate(i, other[i, k], c, n)
        if total > 0.0:
            u, w = uniforms(key, c.number[i], moment, BINDING)
            if u < total:
                w *= total
                for k in range(many[i]):
                    j = other[i, k]
                    w -= dt * rate(i, j, c, n)
                    if w <= 0.0:
                        break
                c.partner[i], c.partner[j] = j, i
                bound += 1
                continue
        turn(i, dt, key, moment, across, factor, c, n)
    return bound, killed, left


@compiled
def rate(i, j, c, n):  # type: ignore[no-untyped-def]
    """At which CAR-T i binds cell j [1/min]; 0 where it is dead, bound, no tumour cell, too far or without antigen."""
    if c.kind[j] != TUMOUR or c.state[j] != ALIVE or c.partner[j] >= 0:
        return 0.0
    dx, dy, dz = c.place[i, 0] - c.place[j, 0], c.place[i, 1] - c.place[j, 1], c.place[i, 2] - c.place[j, 2]
    d = math.sqrt(dx * dx + dy * dy + dz * dz)
    return (
        n.attach * seen(c.antigen[j], n) * min(max((n.attach_reach - d) / (n.attach_reach - n.attach_near), 0.0), 1.0)
    )


@compiled
def turn(i, dt, key, moment, across, factor, c, n):  # type: ignore[no-untyped-def]
    """A free CAR-T may take a new heading: uphill and at random, in the shares that `bias` says.

    steady 0: the published code moves it in the very step only in which it turns; it is put where that takes it.
    """
    if uniforms(key, c.number[i], moment, TURN)[0] >= dt / n.persistence:
        return
    at0 = min(max(int((c.place[i, 0] + 0.5 * n.side) / n.voxel), 1), across - 2)
    at1 = min(max(int((c.place[i, 1] + 0.5 * n.side) / n.voxel), 1), across - 2)
    at2 = min(max(int((c.place[i, 2] + 0.5 * n.side) / n.voxel), 1), across - 2)
    gx, gy, gz = uphill(0, factor, at0, at1, at2)
    rx, ry, rz = direction(key, c.number[i], moment, HEADING)
    x, y, z = n.bias * gx + (1 - n.bias) * rx, n.bias * gy + (1 - n.bias) * ry, n.bias * gz + (1 - n.bias) * rz
    size = math.sqrt(x * x + y * y + z * z)
    if size > 0.0:
        speed = n.speed / size
        if n.steady > 0.0:
            c.heading[i, 0], c.heading[i, 1], c.heading[i, 2] = speed * x, speed * y, speed * z
        else:
            c.place[i, 0] += speed * n.step * x
            c.place[i, 1] += speed * n.step * y
            c.place[i, 2] += speed * n.step * z


@compiled
def life(key, number, n):  # type: ignore[no-untyped-def]
    """Minutes that a CAR-T lives: of them (1 - t / life)^(1/6) live longer than t."""
    return n.life * (1.0 - uniforms(key, number, 0, LIFE)[0] ** 6)
