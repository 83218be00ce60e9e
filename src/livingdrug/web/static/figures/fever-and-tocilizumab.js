import {curves} from "./curves.js";

curves("fever-and-tocilizumab");
