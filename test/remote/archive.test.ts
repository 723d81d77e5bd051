import { archiveCases } from "./archive/cases";

archiveCases({ all: false });
