import * as therapy from "../models/therapy.js";
import {curves} from "./curves.js";

curves("build-a-car", therapy);
