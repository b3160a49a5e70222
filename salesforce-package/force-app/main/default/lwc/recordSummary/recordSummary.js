/**
 * Name and company of a record as uiRecordApi gives them, under the agent's
 * own rights. Used where the bridge is told to send ids only.
 */

// Objects whose records are not called by a field Name.
const NAMES = { Case: 'Subject', Contract: 'ContractNumber', Order: 'OrderNumber' };
const COMPANY = { Contact: ['Account', 'Name'], Lead: ['Company'] };

/**
 * @param {string[]} [shown] further fields that the org's administrator wants shown
 * @returns {string[]} the fields to ask getRecord for, as optional fields
 */
export function summaryFields(object, shown = []) {
    const company = COMPANY[object];
    return [nameField(object), ...(company ? [company.join('.')] : []), ...shown].map(
        (field) => `${object}.${field}`
    );
}

/** @returns {string[]} what these fields hold, as far as the agent may see them */
export function shownOf(record, shown = []) {
    return shown
        .map((path) => path.split('.').reduce((at, key) => fieldOf(at, key), record))
        .filter((value) => value && typeof value !== 'object')
        .map(String);
}

/** @returns {{name?: string, company?: string}} what the agent may see of it */
export function summaryOf(object, record) {
    const company = (COMPANY[object] ?? []).reduce((at, key) => fieldOf(at, key), record);
    return {
        name: fieldOf(record, nameField(object)) ?? undefined,
        company: typeof company === 'string' ? company : undefined
    };
}

function nameField(object) {
    return NAMES[object] ?? 'Name';
}

function fieldOf(record, name) {
    const field = record?.fields?.[name];
    return field?.displayValue && typeof field.value !== 'object'
        ? field.displayValue
        : field?.value;
}
