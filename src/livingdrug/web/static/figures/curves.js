// A figure of curves: one virtual patient over days, beside the same patient otherwise.
import {lines, without} from "./course.js";
import {drawn} from "./drawn.js";

/** Starts it. more: as in drawn.js. */
export const curves = (name, more = {}) => drawn(name, {lines, without, ...more});
