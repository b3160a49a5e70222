package admin

import "maps"

// text is one text in every language.
type text struct{ en, de string }

// allTexts is every word of the panel. What links say is in linkTexts; what
// comes from syncs (problems and cures) is English and marked as such on the page.
func allTexts() map[string]text {
	all := make(map[string]text)
	for _, part := range []map[string]text{frameTexts(), overviewTexts(), agentTexts(), groupTexts(), auditTexts(), callTexts(), stepTexts(), orgPageTexts(), objectTexts()} {
		maps.Copy(all, part)
	}
	return all
}

// frameTexts are those around the pages, and of the administrator's account.
func frameTexts() map[string]text {
	return map[string]text{
		"app":         {"ctibridge", "ctibridge"},
		"skip":        {"Skip to the content", "Zum Inhalt springen"},
		"nav":         {"Main navigation", "Hauptnavigation"},
		"account":     {"Your account", "Ihr Konto"},
		"language":    {"Language", "Sprache"},
		"required":    {"required", "Pflichtfeld"},
		"cancel":      {"Cancel", "Abbrechen"},
		"close":       {"Close", "Schließen"},
		"save":        {"Save", "Speichern"},
		"edit":        {"Edit", "Bearbeiten"},
		"delete":      {"Delete", "Löschen"},
		"search":      {"Search", "Suchen"},
		"moveUp":      {"Move %s up", "%s nach oben"},
		"yes":         {"Yes", "Ja"},
		"no":          {"No", "Nein"},
		"none":        {"none", "keine"},
		"actions":     {"Actions", "Aktionen"},
		"default":     {"Default: %s", "Standard: %s"},
		"version":     {"Version %s", "Version %s"},
		"problems":    {"Please correct what is marked below.", "Bitte berichtigen Sie, was unten markiert ist."},
		"age.now":     {"just now", "gerade eben"},
		"age.minutes": {"%d min ago", "vor %d Min."},
		"age.hours":   {"%d h ago", "vor %d Std."},
		"age.days":    {"%d days ago", "vor %d Tagen"},
		"offline": {
			"The bridge does not answer. What is shown may be out of date.",
			"Die Bridge antwortet nicht. Die Anzeige ist möglicherweise veraltet.",
		},

		"error.title":    {"That did not work", "Das hat nicht geklappt"},
		"error.back":     {"To the overview", "Zur Übersicht"},
		"error.notFound": {"This does not exist, or somebody has deleted it. Go back and reload the list.", "Das gibt es nicht oder nicht mehr. Gehen Sie zurück und laden Sie die Liste neu."},
		"error.tooLarge": {"The form is too large. Shorten what you entered.", "Das Formular ist zu groß. Kürzen Sie Ihre Eingaben."},
		"error.badRequest": {
			"The bridge could not read what the browser sent. Reload the page and try again.",
			"Die Bridge konnte die Anfrage des Browsers nicht lesen. Laden Sie die Seite neu und versuchen Sie es noch einmal.",
		},
		"error.busy": {
			"Too many people are signing in right now. Try again in a few seconds.",
			"Gerade melden sich zu viele gleichzeitig an. Versuchen Sie es in ein paar Sekunden noch einmal.",
		},
		"error.internal": {
			"The bridge has a problem. Try again; if it stays, look for %s in its log.",
			"Die Bridge hat ein Problem. Versuchen Sie es noch einmal; bleibt es dabei, suchen Sie im Protokoll der Bridge nach %s.",
		},
		"error.crossOrigin": {
			"This request came from another web site and was refused. Open the panel in a tab of its own and try again.",
			"Diese Anfrage kam von einer anderen Website und wurde abgelehnt. Öffnen Sie die Verwaltung in einem eigenen Tab und versuchen Sie es noch einmal.",
		},

		"signIn.title":    {"Sign in", "Anmelden"},
		"signIn.name":     {"Name", "Name"},
		"signIn.password": {"Password", "Passwort"},
		"signIn.button":   {"Sign in", "Anmelden"},
		"signIn.lead":     {"Administration of the telephone bridge", "Verwaltung der Telefonie-Bridge"},
		"signIn.wrong": {
			"Name or password is wrong. If you have forgotten the password, run “ctibridge admin reset-password NAME” on the server.",
			"Name oder Passwort ist falsch. Wenn Sie das Passwort vergessen haben, führen Sie auf dem Server „ctibridge admin reset-password NAME“ aus.",
		},
		"signIn.throttled": {
			"Too many failed attempts. Try again in %d seconds.",
			"Zu viele Fehlversuche. Versuchen Sie es in %d Sekunden noch einmal.",
		},
		"signIn.expired": {"Please sign in again: your session has ended.", "Bitte melden Sie sich neu an: Ihre Sitzung ist beendet."},
		"signIn.nobody": {
			"There is no administrator yet. Create one on the server with this command, then sign in here:",
			"Es gibt noch keinen Administrator. Legen Sie auf dem Server mit diesem Befehl einen an und melden Sie sich dann hier an:",
		},
		"signOut": {"Sign out", "Abmelden"},

		"password.title":     {"Change password", "Passwort ändern"},
		"password.current":   {"Present password", "Bisheriges Passwort"},
		"password.new":       {"New password", "Neues Passwort"},
		"password.repeat":    {"New password again", "Neues Passwort wiederholen"},
		"password.hint":      {"At least %d characters. Four random words are easy to remember and hard to guess.", "Mindestens %d Zeichen. Vier zufällige Wörter merkt man sich leicht und errät sie schwer."},
		"password.wrong":     {"This is not your present password.", "Das ist nicht Ihr bisheriges Passwort."},
		"password.short":     {"Too short: take at least %d characters.", "Zu kurz: Nehmen Sie mindestens %d Zeichen."},
		"password.long":      {"Too long: take a shorter one than 1,024 bytes (%d characters are enough).", "Zu lang: Nehmen Sie ein kürzeres als 1.024 Bytes (%d Zeichen genügen)."},
		"password.isName":    {"The password contains your name: take another one, of at least %d characters.", "Das Passwort enthält Ihren Namen: Nehmen Sie ein anderes mit mindestens %d Zeichen."},
		"password.different": {"The two entries differ: type the new password again.", "Die beiden Eingaben sind verschieden: Tippen Sie das neue Passwort noch einmal."},
		"password.done":      {"Your password is changed. Your other sessions are signed out.", "Ihr Passwort ist geändert. Ihre anderen Sitzungen sind abgemeldet."},
	}
}

func auditTexts() map[string]text {
	return map[string]text{
		"audit.title":   {"Audit log", "Protokoll"},
		"audit.lead":    {"Who changed what, newest first", "Wer hat was geändert, Neuestes zuerst"},
		"audit.time":    {"Time", "Zeit"},
		"audit.actor":   {"Who", "Wer"},
		"audit.action":  {"What", "Was"},
		"audit.object":  {"Subject", "Woran"},
		"audit.detail":  {"Details", "Einzelheiten"},
		"audit.empty":   {"Nothing has been changed yet.", "Noch wurde nichts geändert."},
		"audit.noHit":   {"Nothing in the log matches. Change the search.", "Im Protokoll passt nichts dazu. Ändern Sie die Suche."},
		"audit.show":    {"Show", "Zeigen"},
		"audit.all":     {"Everything", "Alles"},
		"audit.changes": {"Changes only", "Nur Änderungen"},
		"audit.times":   {"%s times within a minute", "%s-mal in einer Minute"},
		"audit.older":   {"Older entries", "Ältere Einträge"},
		"audit.newest":  {"Newest entries", "Neueste Einträge"},

		"action.signIn":               {"signed in", "angemeldet"},
		"action.signIn.failed":        {"failed to sign in", "Anmeldung fehlgeschlagen"},
		"action.password.failed":      {"gave a wrong present password", "bisheriges Passwort falsch"},
		"action.signOut":              {"signed out", "abgemeldet"},
		"action.sync.start":           {"started a sync", "Abgleich gestartet"},
		"action.agent.create":         {"added an agent", "Agent angelegt"},
		"action.agent.update":         {"changed an agent", "Agent geändert"},
		"action.agent.delete":         {"deleted an agent", "Agent gelöscht"},
		"action.agent.bind":           {"bound to a Salesforce user", "an Salesforce-Benutzer gebunden"},
		"action.agent.refused":        {"refused at sign-in", "bei der Anmeldung abgewiesen"},
		"action.agent.unbind":         {"released a binding", "Bindung gelöst"},
		"action.group.create":         {"added a group", "Gruppe angelegt"},
		"action.group.update":         {"changed a group", "Gruppe geändert"},
		"action.group.delete":         {"deleted a group", "Gruppe gelöscht"},
		"action.administrator.create": {"added an administrator", "Administrator angelegt"},
		"action.administrator.update": {"changed a password", "Passwort geändert"},
		"action.administrator.delete": {"deleted an administrator", "Administrator gelöscht"},
		"action.link.create":          {"added a telephone system", "Telefonanlage angelegt"},
		"action.link.update":          {"changed a telephone system", "Telefonanlage geändert"},
		"action.link.delete":          {"deleted a telephone system", "Telefonanlage gelöscht"},
		"action.org.create":           {"added a Salesforce org", "Salesforce-Org angelegt"},
		"action.org.update":           {"changed a Salesforce org", "Salesforce-Org geändert"},
		"action.org.delete":           {"deleted a Salesforce org", "Salesforce-Org gelöscht"},
		"action.config.import":        {"imported a configuration", "Einstellungen importiert"},
	}
}
