import {hundred} from "./hundred-people.js";

hundred("hundred-release");
