/** Lets promises and the re-rendering of components come to rest; moves no timer. */
async function flush(turns = 10) {
    for (let i = 0; i < turns; i++) {
        // eslint-disable-next-line no-await-in-loop -- one turn after the other is the point
        await Promise.resolve();
    }
}

/** Takes everything off the page, so that tests do not see each other. */
function cleanPage() {
    document.body.replaceChildren();
}

module.exports = { flush, cleanPage };
