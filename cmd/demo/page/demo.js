/**
 * The demo: a page that looks like a Lightning app around the real components.
 * All that Salesforce would do for them is in `window.phoneHost`.
 */
import {
    createCallPanel,
    createClickToDial,
    decodeDefaultFieldValues
} from '/softphone-assets/softphone.js';

const byId = (id) => document.getElementById(id);

const RINGS = [
    ['known', 'Known contact', 'One record: it opens by itself'],
    ['several', 'Several records', 'The agent chooses who it is'],
    ['unknown', 'Unknown number', 'Offers to create a lead'],
    ['withheld', 'Number withheld', 'Nothing is shown or looked up'],
    ['second', 'Second call', 'While the first one talks'],
    ['transferred', 'Transferred by a colleague', 'Internal call, then the caller appears']
];

const STATES = { ringing: 'Ringing', talking: 'Talking', held: 'On hold', dialing: 'Calling' };
const TILES = { Contact: 'contact', Lead: 'lead', Account: 'account' };

let config;

// "?as=bob" is the colleague's page; what the toys do for it, they do for Bob.
const as = new URLSearchParams(location.search).get('as');
const seat = as ? `?${new URLSearchParams({ as })}` : '';

// ---- what Salesforce does for the components ----

const records = new Map();

async function loadRecord(object, id) {
    const record = await json(`/demo/record/${object}/${encodeURIComponent(id)}`);
    records.set(id, record);
    return record;
}

window.phoneHost = {
    utilityId: 'phone',
    apex: async () => ({
        ticket: await text(`/demo/ticket${seat}`, { method: 'POST' }),
        bridgeUrl: config.bridge
    }),
    navigate(page) {
        location.hash = hashOf(page);
    },
    watchPage(tell) {
        const look = () => tell(pageOf(location.hash));
        addEventListener('hashchange', look);
        look();
        return () => removeEventListener('hashchange', look);
    },
    utility(name, id, attributes) {
        const acts = { open: () => showPanel(true), updateUtility: () => labelUtility(attributes) };
        return acts[name]?.() ?? { utilityVisible: !byId('docked').hidden };
    },
    async getRecord({ recordId, optionalFields }) {
        const [object] = optionalFields[0].split('.');
        const record = records.get(recordId) ?? (await loadRecord(object, recordId));
        const fields = Object.fromEntries(
            record.fields.map(({ apiName, value }) => [apiName, { value, displayValue: null }])
        );
        fields.Name ??= { value: record.name, displayValue: null };
        return { id: recordId, apiName: object, fields };
    },
    async getObjectInfo({ objectApiName }) {
        const record = [...records.values()].find(({ object }) => object === objectApiName);
        const fields = (record?.fields ?? []).map(({ apiName, label, type }) => [
            apiName,
            { apiName, label, dataType: type === 'phone' ? 'Phone' : 'String' }
        ]);
        return { apiName: objectApiName, fields: Object.fromEntries(fields) };
    }
};

function hashOf({ type, attributes, state }) {
    const { objectApiName, recordId } = attributes;
    switch (type) {
        case 'standard__recordPage':
            return `/${objectApiName}/${recordId}`;
        case 'standard__objectPage':
            return `/${objectApiName}/new?${new URLSearchParams(decodeDefaultFieldValues(state.defaultFieldValues))}`;
        default:
            return `/search?${new URLSearchParams(state)}`;
    }
}

/** The page reference of an address, as far as the components care: records. */
function pageOf(hash) {
    const [, objectApiName, recordId] = hash.slice(1).split('?')[0].split('/');
    return recordId && recordId !== 'new'
        ? {
              type: 'standard__recordPage',
              attributes: { objectApiName, recordId, actionName: 'view' },
              state: {}
          }
        : { type: 'standard__namedPage', attributes: { pageName: 'home' }, state: {} };
}

// ---- the pages ----

let turn = 0;

async function route() {
    const mine = ++turn;
    const [path, query] = location.hash.slice(1).split('?');
    const [, object, id] = path.split('/');
    try {
        if (object === 'search') {
            showSearch(new URLSearchParams(query).get('term'));
        } else if (id === 'new') {
            showForm(object, Object.fromEntries(new URLSearchParams(query)));
        } else if (id) {
            const record = await loadRecord(object, id);
            if (mine === turn) {
                // not gone on to another page meanwhile
                showRecord(record);
            }
        } else {
            location.replace(`#/${config.homeRecord.object}/${config.homeRecord.id}`);
        }
    } catch (error) {
        show(
            'Not found',
            make(
                'div',
                { className: 'card' },
                make('h1', {}, 'This record could not be opened'),
                make('p', {}, error.message)
            )
        );
    }
}

function showRecord(record) {
    const { object, id, name, fields, related } = record;
    const highlights = fields.filter(({ value }) => value).slice(0, 4);
    show(
        name,
        make(
            'section',
            { className: 'card highlights' },
            make(
                'div',
                { className: 'title' },
                tile(object),
                make('div', {}, make('p', { className: 'entity' }, object), make('h1', {}, name))
            ),
            make(
                'dl',
                {},
                ...highlights.map((field) =>
                    make(
                        'div',
                        {},
                        make('dt', {}, field.label),
                        make('dd', { title: field.value }, field.value)
                    )
                )
            )
        ),
        make(
            'div',
            { className: 'columns' },
            relatedCard(related),
            make('div', {}, dialCard(object, id), detailsCard(fields))
        )
    );
}

function detailsCard(fields) {
    const rows = fields.map((field) =>
        make('div', {}, make('dt', {}, field.label), make('dd', {}, field.value || '—'))
    );
    return make(
        'section',
        { className: 'card' },
        make('h2', {}, 'Details'),
        make('dl', { className: 'details' }, ...rows)
    );
}

function dialCard(objectApiName, recordId) {
    return make('div', { className: 'component' }, createClickToDial({ recordId, objectApiName }));
}

function relatedCard(related = []) {
    const items = related.map(({ object, id, name }) =>
        make(
            'li',
            {},
            tile(object),
            make('div', {}, make('a', { href: `#/${object}/${id}` }, name), make('p', {}, object))
        )
    );
    return make(
        'section',
        { className: 'card related' },
        make('h2', {}, `Related (${items.length})`),
        items.length
            ? make('ul', {}, ...items)
            : make('p', { className: 'hint' }, 'Nothing is related to this record.')
    );
}

function showForm(object, defaults) {
    const names = [...new Set(['FirstName', 'LastName', 'Company', ...Object.keys(defaults)])];
    const inputs = names.map((name) =>
        make(
            'label',
            { className: 'field' },
            make('span', {}, name.replace(/([a-z])([A-Z])/g, '$1 $2')),
            make('input', { name, value: defaults[name] ?? '', required: name === 'LastName' })
        )
    );
    const form = make(
        'form',
        { className: 'card' },
        make('div', { className: 'title' }, tile(object), make('h1', {}, `New ${object}`)),
        make('div', { className: 'fields' }, ...inputs),
        make(
            'div',
            { className: 'actions' },
            make('button', { className: 'slds-button slds-button_brand', type: 'submit' }, 'Save')
        )
    );
    form.addEventListener('submit', async (event) => {
        event.preventDefault();
        const body = JSON.stringify(Object.fromEntries(new FormData(form)));
        const headers = { 'Content-Type': 'application/json' };
        const { id } = await json(`/demo/record/${object}`, { method: 'POST', headers, body });
        location.hash = `/${object}/${id}`;
    });
    show(`New ${object}`, form);
}

function showSearch(term) {
    show(
        'Search',
        make(
            'section',
            { className: 'card' },
            make('h1', {}, 'Search'),
            make('p', {}, `Salesforce would now search for ${term}.`)
        )
    );
}

function show(title, ...nodes) {
    byId('record').replaceChildren(...nodes);
    byId('tab').textContent = title;
    byId('tab').hidden = false;
    document.title = `${title} · ctibridge demo`;
}

function tile(object) {
    const icon = TILES[object] ?? 'record';
    const box = make('span', { className: `tile slds-icon-standard-${icon}` });
    box.innerHTML = `<svg aria-hidden="true"><use href="/softphone-assets/icons/standard.svg#${icon}"></use></svg>`;
    return box;
}

// ---- the utility bar ----

function showPanel(visible) {
    byId('docked').hidden = !visible;
    byId('utility').setAttribute('aria-expanded', visible);
    return true;
}

function labelUtility({ label, icon, highlighted }) {
    byId('utility-label').textContent = label;
    byId('utility-icon').setAttribute('href', `/softphone-assets/icons/utility.svg#${icon}`);
    byId('utility').classList.toggle('highlighted', Boolean(highlighted));
    return true;
}

// ---- the toys ----

function showRings() {
    const buttons = RINGS.map(([name, label, hint]) => {
        const button = make(
            'button',
            { type: 'button', className: 'ring' },
            make('strong', {}, label),
            make('span', {}, hint)
        );
        button.dataset.ring = name;
        button.addEventListener('click', () => ring(name));
        return button;
    });
    byId('rings').replaceChildren(...buttons);
}

async function ring(name) {
    byId('ring-problem').textContent = '';
    const response = await fetch(`/demo/ring/${name}`, { method: 'POST' });
    if (!response.ok) {
        const { message } = await response.json().catch(() => ({}));
        byId('ring-problem').textContent = message ?? 'The toy switch could not ring.';
    }
}

function showCalls({ calls }) {
    const rows = calls.map(({ id, state, number, name, withheld }) => {
        const who = withheld ? 'Number withheld' : name || number;
        const row = make(
            'div',
            { className: `lcd-call ${state}` },
            make('p', { className: 'lcd-state' }, STATES[state] ?? state),
            make('p', { className: 'lcd-who' }, who),
            make(
                'p',
                { className: 'lcd-number' },
                name && name !== number && !withheld ? number : ''
            ),
            make('div', { className: 'keys' }, ...keys(id, state))
        );
        row.dataset.call = id;
        return row;
    });
    byId('lcd').replaceChildren(
        ...(rows.length ? rows : [make('p', { className: 'lcd-idle' }, 'No call')])
    );
}

function keys(id, state) {
    const key = (action, label) => {
        const button = make('button', { type: 'button', className: `key ${action}` }, label);
        button.addEventListener('click', () =>
            fetch(`/demo/phone/${encodeURIComponent(id)}/${action}${seat}`, { method: 'POST' })
        );
        return button;
    };
    return state === 'ringing'
        ? [key('answer', 'Answer'), key('hangup', 'Decline')]
        : [key('hangup', 'Hang up')];
}

// ---- small helpers ----

function make(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
}

async function text(url, options) {
    const response = await fetch(url, { signal: AbortSignal.timeout(10000), ...options });
    if (!response.ok) {
        throw new Error(`The toy org answered ${response.status} to ${url}.`);
    }
    return response.text();
}

async function json(url, options) {
    return JSON.parse(await text(url, options));
}

// ---- start ----

config = await json(`/demo/config${seat}`);
const [phoneHint, ringsHint] = {
    sip: [
        'The phone on the agent’s desk. It is a real SIP phone of the toy switch.',
        'The toy switch sends the call as a FreeSWITCH would.'
    ],
    csta: [
        'The phone on the agent’s desk. The bridge monitors and controls it over CSTA.',
        'The toy switch tells of the call in CSTA events, as an OpenScape Business would.'
    ]
}[config.pbx];
byId('phone-hint').textContent = phoneHint;
byId('rings-hint').textContent = ringsHint;
byId('user-name').textContent = config.user.name;
byId('avatar').textContent = config.user.name
    .split(/\s+/)
    .map((word) => word[0])
    .join('')
    .slice(0, 2);
byId('home').href = `#/${config.homeRecord.object}/${config.homeRecord.id}`;
byId('colleague').hidden = Boolean(as);
byId('utility').addEventListener('click', () => showPanel(byId('docked').hidden));
byId('minimise').addEventListener('click', () => showPanel(false));
byId('panel').append(createCallPanel());
showRings();
showCalls({ calls: [] });
new EventSource(`/demo/phone${seat}`).onmessage = ({ data }) => showCalls(JSON.parse(data));
addEventListener('hashchange', route);
await route();
showPanel(true);
