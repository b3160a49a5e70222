// The toy org of the e2e: the demo page with the endpoints of cmd/demo, the
// bridge's own pages, and the fake bridge. `node browser/e2e/server.mjs` serves
// it for looking at.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { FakeBridge, callFrame } from './fake-bridge.mjs';

const repository = path.resolve(import.meta.dirname, '../../..');
const demoPage = path.join(repository, 'cmd/demo/page');
const dist = path.join(repository, 'web/softphone/dist');
const pages = path.join(repository, 'web/softphone/pages');

const TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.txt': 'text/plain; charset=utf-8'
};
const POLICY =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws:; base-uri 'none'; form-action 'none'";

const field = (label, apiName, value, type = 'text') => ({ label, apiName, value, type });
const BERTA = '003000000000001AAA';
const CARL = '003000000000002AAA';
const DORA = '00Q000000000001AAA';
const SAMPLE = '001000000000001AAA';
const EXAMPLE = '001000000000002AAA';

const RECORDS = {
    [BERTA]: {
        object: 'Contact',
        name: 'Berta Beispiel',
        fields: [
            field('Account Name', 'AccountName', 'Example GmbH'),
            field('Title', 'Title', 'Head of Purchasing'),
            field('Phone', 'Phone', '+49 30 23125-101', 'phone'),
            field('Mobile', 'MobilePhone', '030 23125 102', 'phone'),
            field('Email', 'Email', 'berta.beispiel@example.com', 'email'),
            field('Assistant Phone', 'AssistantPhone', '+49 30 23125-199', 'phone'),
            field('Mailing City', 'MailingCity', 'Berlin')
        ],
        related: [{ object: 'Account', id: EXAMPLE, name: 'Example GmbH' }]
    },
    [CARL]: {
        object: 'Contact',
        name: 'Carl Muster',
        fields: [
            field('Account Name', 'AccountName', 'Sample AG'),
            field('Phone', 'Phone', '030 23125200', 'phone')
        ],
        related: [{ object: 'Account', id: SAMPLE, name: 'Sample AG' }]
    },
    [DORA]: {
        object: 'Lead',
        name: 'Dora Probe',
        fields: [
            field('Company', 'Company', 'Sample AG'),
            field('Phone', 'Phone', '(030) 23125-200', 'phone')
        ],
        related: []
    },
    [SAMPLE]: {
        object: 'Account',
        name: 'Sample AG',
        fields: [
            field('Phone', 'Phone', '+49 30 231252-00', 'phone'),
            field('City', 'BillingCity', 'Berlin')
        ],
        related: [{ object: 'Contact', id: CARL, name: 'Carl Muster' }]
    },
    [EXAMPLE]: {
        object: 'Account',
        name: 'Example GmbH',
        fields: [field('City', 'BillingCity', 'Berlin')],
        related: [{ object: 'Contact', id: BERTA, name: 'Berta Beispiel' }]
    }
};

const RINGS = {
    known: 'server.call-ringing-known',
    several: 'server.call-ringing-several',
    unknown: 'server.call-ringing-unknown',
    withheld: 'server.call-ringing-withheld',
    second: 'server.call-ringing-unknown',
    transferred: 'server.call-ringing-internal'
};

/** @returns {Promise<{url: string, bridge: FakeBridge, close: () => Promise<void>}>} */
export async function startServer(port = 0) {
    const bridge = new FakeBridge();
    const phones = new Set();
    const created = {};
    let calls = [];

    const tell = () =>
        phones.forEach((response) => response.write(`data: ${JSON.stringify({ calls })}\n\n`));

    const demo = {
        'GET config': (request, response) =>
            json(response, {
                bridge: `ws://${request.headers.host}/agent/ws`,
                user: { id: '005000000000001AAA', name: 'Ada Agent', email: 'ada@example.com' },
                pbx: 'sip',
                homeRecord: { object: 'Contact', id: BERTA }
            }),
        'POST ticket': (request, response) => response.end('eyJhbGciOiJSUzI1NiJ9.e30.c2ln'),
        'GET phone': (request, response) => {
            response.writeHead(200, { 'Content-Type': 'text/event-stream' });
            phones.add(response);
            request.on('close', () => phones.delete(response));
            tell();
        },
        'POST ring': (request, response, [name]) => {
            if (calls.length && name !== 'second') {
                json(response, { message: 'The phone is busy: hang up first.' }, 409);
                return;
            }
            const message = callFrame(RINGS[name]);
            const { id, party } = message.call;
            const { display: number, label: who, withheld } = party;
            calls = [...calls, { id, state: 'ringing', number, name: who, withheld }];
            bridge.show(message);
            tell();
            response.writeHead(204).end();
        },
        'POST phone': (request, response, [id, action]) => {
            calls =
                action === 'answer'
                    ? calls.map((call) => (call.id === id ? { ...call, state: 'talking' } : call))
                    : calls.filter((call) => call.id !== id);
            const call = bridge.calls.get(id);
            const now = new Date().toISOString();
            const change =
                action === 'answer'
                    ? { state: 'connected', answeredAt: now }
                    : { state: 'ended', endedAt: now, endReason: 'hangup' };
            bridge.show({
                type: 'call',
                call: { ...call, ...change, revision: call.revision + 1 }
            });
            tell();
            response.writeHead(204).end();
        },
        'GET record': (request, response, [object, id]) => {
            const record = RECORDS[id] ?? created[id];
            json(
                response,
                record ? { id, ...record } : { message: 'no such record' },
                record ? 200 : 404
            );
        },
        'POST record': async (request, response, [object]) => {
            const values = JSON.parse(await body(request));
            const id = `00Q0000000009${String(Object.keys(created).length).padStart(2, '0')}AAA`;
            const fields = Object.entries(values).map(([name, value]) =>
                field(name, name, value, name === 'Phone' ? 'phone' : 'text')
            );
            created[id] = {
                object,
                name: [values.FirstName, values.LastName].filter(Boolean).join(' '),
                fields,
                related: []
            };
            json(response, { id });
        }
    };

    const server = http.createServer((request, response) => {
        const { pathname } = new URL(request.url, 'http://x');
        const [, first, verb, ...rest] = pathname.split('/').map(decodeURIComponent);
        if (first === 'demo' && demo[`${request.method} ${verb}`]) {
            demo[`${request.method} ${verb}`](request, response, rest);
        } else if (pathname === '/softphone' || pathname === '/dial') {
            serve(response, path.join(pages, `${first}.html`), fillTemplate);
        } else if (first === 'softphone-assets') {
            serve(response, path.join(dist, verb, ...rest));
        } else {
            serve(response, path.join(demoPage, pathname === '/' ? 'index.html' : pathname));
        }
    });
    const wss = bridge.attach(server);
    await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        bridge,
        clearPhone() {
            calls = [];
            tell();
        },
        close: () =>
            new Promise((resolve) => {
                wss.clients.forEach((client) => client.terminate());
                server.closeAllConnections();
                server.close(resolve);
            })
    };
}

function serve(response, file, change = (content) => content) {
    if (!fs.existsSync(file)) {
        response.writeHead(404).end('not found');
        return;
    }
    const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': POLICY });
    response.end(change(fs.readFileSync(file)));
}

// The pages are Go templates; this fills the little that they use.
function fillTemplate(content) {
    return String(content)
        .replaceAll('{{.Assets}}', '/softphone-assets')
        .replace(/\{\{if \.TicketURL\}\}(.*)\{\{end\}\}/, '$1')
        .replaceAll('{{.TicketURL}}', '/demo/ticket')
        .replace(/\{\{if \.Extension\}\}.*\{\{end\}\}/, '')
        .replace(
            /\{\{else\}\}[\s\S]*?\{\{end\}\}\s*\{\{end\}\}|\{\{else\}\}\s*<p>[\s\S]*?<\/p>\s*<p[\s\S]*?<\/p>\s*\{\{end\}\}/,
            ''
        )
        .replace(/\{\{if \.Number\}\}/, '')
        .replaceAll('{{.Number}}', '+493023125101');
}

function json(response, value, status = 200) {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(value));
}

async function body(request) {
    const chunks = [];
    for await (const chunk of request) {
        chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
}

if (process.argv[1] === import.meta.filename) {
    const { url } = await startServer(Number(process.env.PORT ?? 0));
    console.log(url);
}
