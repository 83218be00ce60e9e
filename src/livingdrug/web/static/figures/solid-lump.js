import * as solid from "../models/solid.js";
import {curves} from "./curves.js";

curves("solid-lump", solid);
