import {curves} from "./curves.js";

curves("severity");
