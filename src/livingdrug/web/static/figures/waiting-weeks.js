import {drawn} from "./drawn.js";
import {lines} from "./making.js";

drawn("waiting-weeks", {lines});
