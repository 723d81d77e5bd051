import { archiveCases } from "../remote/archive/cases";

archiveCases({ all: true });
