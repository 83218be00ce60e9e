import {hundred} from "./hundred-people.js";

hundred("hundred-waiting", "./making-crowd.js");
