import {curves} from "./curves.js";

curves("build-a-car");
