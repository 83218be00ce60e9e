import {curves} from "./curves.js";

curves("sixty-days");
