// Unlike the stock stub, this one tells where a component went.
import { createTestWireAdapter } from '@salesforce/wire-service-jest-util';

const Navigate = Symbol('Navigate');

export const CurrentPageReference = createTestWireAdapter(jest.fn());
export const navigate = jest.fn();

export const NavigationMixin = (Base) =>
    class extends Base {
        [Navigate](reference) {
            navigate(reference);
        }
    };
NavigationMixin.Navigate = Navigate;
