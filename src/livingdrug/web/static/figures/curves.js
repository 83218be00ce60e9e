// A figure of curves: one virtual patient over days, beside the same patient otherwise.
import {courses, without} from "./course.js";
import {drawn} from "./drawn.js";

/** Starts it. made: the module of its model; more: as in drawn.js. */
export const curves = (name, made, more = {}) => drawn(name, {lines: courses(made).lines, without, ...more});
