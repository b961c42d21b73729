import sharp from "sharp";
import "../../src/image/decode-image.ts";

// Loaded ahead of a process by --import: leaves the TIFF loader open, as other code in the process could.

sharp.unblock({ operation: ["VipsForeignLoadTiffBuffer"] });
