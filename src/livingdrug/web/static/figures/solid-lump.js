import {curves} from "./curves.js";
import {whenNear} from "./near.js";

whenNear("solid-lump", async () => curves("solid-lump", await import("../models/solid.js")));
