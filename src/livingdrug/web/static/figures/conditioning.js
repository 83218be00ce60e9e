import {curves} from "./curves.js";

curves("conditioning");
