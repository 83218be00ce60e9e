import * as message from "../models/message.js";
import {curves} from "./curves.js";

curves("message-that-fades", message);
