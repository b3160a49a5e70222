// sfdx-lwc-jest 7.9.0 has no stub for this module.
import { createTestWireAdapter } from '@salesforce/wire-service-jest-util';

export const EnclosingUtilityId = createTestWireAdapter(jest.fn());
export const getInfo = jest.fn().mockResolvedValue({ utilityVisible: false });
export const open = jest.fn().mockResolvedValue(true);
export const updateUtility = jest.fn().mockResolvedValue(true);
