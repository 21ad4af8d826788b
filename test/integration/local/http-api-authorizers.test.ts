import { SignatureV4 } from '@smithy/signature-v4';
import { Hash } from '@smithy/core/checksum';
