import * as therapy from "../models/therapy.js";
import {curves} from "./curves.js";

curves("sixty-days", therapy);
