import getTicket from '@salesforce/apex/CtiTicketController.getTicket';
import { frame, frameNames } from 'test/frames';
import { cleanPage, flush } from 'test/flush';
import { connectPanel } from 'test/panel';

jest.mock('@salesforce/apex/CtiTicketController.getTicket', () => ({ default: jest.fn() }), {
    virtual: true
});

beforeEach(() => {
    getTicket.mockResolvedValue({ ticket: 'e30.e30.c2ln', bridgeUrl: 'https://cti.example.com' });
});

afterEach(cleanPage);

it.each(frameNames('server').filter((name) => !name.startsWith('server.navigate')))(
    'is accessible after %s',
    async (name) => {
        const panel = await connectPanel();
        await panel.tell(frame(name));
        await expect(panel.element).toBeAccessible();
    }
);

it('is accessible without a line', async () => {
    const panel = await connectPanel();
    panel.line().serverClose(4403, 'the agent is disabled');
    await flush();
    await expect(panel.element).toBeAccessible();
});
