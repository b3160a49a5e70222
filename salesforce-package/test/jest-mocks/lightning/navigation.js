// Unlike the stock stub, this one tells where a component went.
const Navigate = Symbol('Navigate');

export const navigate = jest.fn();

export const NavigationMixin = (Base) =>
    class extends Base {
        [Navigate](reference) {
            navigate(reference);
        }
    };
NavigationMixin.Navigate = Navigate;
