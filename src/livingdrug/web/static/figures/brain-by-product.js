import {hundred} from "./hundred-people.js";

hundred("brain-by-product", "./trial-crowd.js");
