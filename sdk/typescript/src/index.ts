export const PROTOCOL = "parley.v1";
