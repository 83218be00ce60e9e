import * as donor from "../models/donor.js";
import {curves} from "./curves.js";

curves("donor-cells", donor);
