package admin

// orgSyncTexts are what a sync or a check of an object warns of (lookup/replica),
// in German.
func orgSyncTexts() map[string]string {
	return map[string]string{
		// What the run-as user does not see, what is lost by it, and what helps.
		"The run-as user cannot see %s, so %s. %s":                                         "Der „Ausführen als“-Benutzer sieht %[1]s nicht; deshalb %[2]s. %[3]s",
		"The run-as user cannot see %s, so %s":                                             "Der „Ausführen als“-Benutzer sieht %[1]s nicht; deshalb %[2]s",
		"pops show no name":                                                                "zeigen Pops keinen Namen",
		"the owner is unknown":                                                             "ist unbekannt, wem der Datensatz gehört",
		"callers are not found by it":                                                      "werden Anrufer darüber nicht gefunden",
		"numbers are read as of the org's country":                                         "gelten Nummern als solche aus dem Land der Org",
		"numbers are read as of the company's or the org's country":                        "gelten Nummern als solche aus dem Land der Firma oder der Org",
		"pops of contacts show no company":                                                 "zeigen Pops von Kontakten keine Firma",
		"its pops show no company":                                                         "zeigen seine Pops keine Firma",
		"the company is unknown":                                                           "ist die Firma unbekannt",
		"converted leads keep popping beside their contacts":                               "erscheinen umgewandelte Leads weiter neben ihren Kontakten",
		"%s of %s is read without it":                                                      "wird %[1]s von %[2]s ohne das gelesen",
		"A path follows %s references at most: shorten it.":                                "Ein Pfad folgt höchstens %[1]s Verweisen: Kürzen Sie ihn.",
		"Give “Read” and “View All Records” on %s in a permission set.":                    "Geben Sie in einem Berechtigungssatz „Lesen“ und „Alle Datensätze anzeigen“ für %[1]s.",
		"It holds a file: choose a field with text.":                                       "Es enthält eine Datei: Wählen Sie ein Feld mit Text.",
		"A path names the relationship, not the field: try %s.":                            "Ein Pfad nennt die Beziehung, nicht das Feld: Versuchen Sie %[1]s.",
		"Check how it is written. %s":                                                      "Prüfen Sie die Schreibweise. %[1]s",
		"Salesforce writes the object %s":                                                  "Salesforce schreibt das Objekt %[1]s",
		"Write %s.":                                                                        "Schreiben Sie %[1]s.",
		"Name its fields with numbers, or switch the object off.":                          "Nennen Sie seine Felder mit Nummern oder schalten Sie das Objekt aus.",
		"replica: sync: the keys belong to org %s, not to %s":                              "die Schlüssel gehören zur Org %[1]s, nicht zu %[2]s",
		"Which records of %s are open could not be read: %s":                               "Welche Datensätze von %[1]s offen sind, ließ sich nicht lesen: %[2]s",
		"Salesforce did not give %s by Bulk API (%s). %s":                                  "Salesforce hat %[1]s nicht über die Bulk API geliefert (%[2]s). %[3]s",
		"Give “Read Access” to the field in a permission set (field permissions).":         "Geben Sie in einem Berechtigungssatz „Lesezugriff“ auf das Feld (Feldberechtigungen).",
		"It is made of several fields: name these, such as BillingStreet and BillingCity.": "Es besteht aus mehreren Feldern: Nennen Sie diese, etwa BillingStreet und BillingCity.",
		"The run-as user sees no telephone field of %s, so nobody is found by it":          "Der „Ausführen als“-Benutzer sieht kein Telefonfeld von %[1]s; deshalb wird darüber niemand gefunden",
		"The run-as user sees no telephone field of %s, so nobody is found by it. Name its fields with numbers, or switch the object off.": "Der „Ausführen als“-Benutzer sieht kein Telefonfeld von %[1]s; deshalb wird darüber niemand gefunden. Nennen Sie seine Felder mit Nummern oder schalten Sie das Objekt aus.",

		// What a full run finds.
		"Salesforce sent %s records of %s although it counts %s, so nothing was removed. If this stays, compare the run-as user's access with an administrator's.":                                                        "Salesforce hat %[1]s Datensätze von %[2]s geschickt, obwohl es %[3]s zählt; deshalb wurde nichts entfernt. Bleibt es dabei, vergleichen Sie, was der „Ausführen als“-Benutzer und was ein Administrator sieht.",
		"The directory holds %s records of %s, Salesforce sent %s and counts %s. The next full sync settles it; if it does not, report this.":                                                                             "Das Verzeichnis hält %[1]s Datensätze von %[2]s, Salesforce hat %[3]s geschickt und zählt %[4]s. Der nächste volle Abgleich bringt das in Ordnung; wenn nicht, melden Sie es.",
		"Salesforce shows the run-as user no record of %s at all. If there are any, give the run-as user “View All Records” on the object in a permission set.":                                                           "Salesforce zeigt dem „Ausführen als“-Benutzer keinen einzigen Datensatz von %[1]s. Falls es welche gibt, geben Sie ihm in einem Berechtigungssatz „Alle Datensätze anzeigen“ für das Objekt.",
		"Salesforce shows the run-as user no record of %s at all, so the %s known ones are kept. Give “View All Records” on the object in a permission set.":                                                              "Salesforce zeigt dem „Ausführen als“-Benutzer keinen einzigen Datensatz von %[1]s; die %[2]s bekannten bleiben deshalb. Geben Sie in einem Berechtigungssatz „Alle Datensätze anzeigen“ für das Objekt.",
		"The full run of %s failed and is tried again at %s; until then only changes are read. %s. %s":                                                                                                                    "Der volle Abgleich von %[1]s ist gescheitert und wird um %[2]s noch einmal versucht; bis dahin werden nur Änderungen gelesen. %[3]s. %[4]s",
		"The run-as user cannot see %s, so customers with an open one are not listed before others. Give “Read” and “View All Records” on the object, and “Read Access” to its account and contact, in a permission set.": "Der „Ausführen als“-Benutzer sieht %[1]s nicht; Kunden mit einem offenen Vorgang stehen deshalb nicht vor den anderen. Geben Sie in einem Berechtigungssatz „Lesen“ und „Alle Datensätze anzeigen“ für das Objekt und „Lesezugriff“ auf seinen Account und Kontakt.",
		"More than %s opportunities and cases are open; only the newest rank their customers.":                                                                                                                            "Mehr als %[1]s Opportunities und Kundenvorgänge sind offen; nur die neuesten bringen ihre Kunden nach vorn.",
		"Enter the consumer key and secret of this org's own app, or correct the org's id.":                                                                                                                               "Tragen Sie Consumer-Schlüssel und -Geheimnis der eigenen Anwendung dieser Org ein oder berichtigen Sie die ID der Org.",
	}
}

// writeCureTexts are the cures of refusals to write a call as a Task
// (salesforce.Cure), in German.
func writeCureTexts() map[string]string {
	return map[string]string{
		"A validation rule of the org refuses it: the message is the rule's own. Let the rule pass what the bridge's run-as user writes (for instance with $User.Username), or change the rule.": "Eine Validierungsregel der Org lehnt es ab; die Meldung ist die der Regel. Lassen Sie durch die Regel, was der „Ausführen als“-Benutzer der Bridge schreibt (etwa mit $User.Username), oder ändern Sie die Regel.",
		"The org requires a field that the bridge does not fill: %s. Give the field a default value, or do not require it of the run-as user.":                                                   "Die Org verlangt ein Feld, das die Bridge nicht füllt: %[1]s. Geben Sie dem Feld einen Standardwert oder verlangen Sie es vom „Ausführen als“-Benutzer nicht.",
		"A trigger or flow of the org refuses it: the message says which. Let it pass what the bridge's run-as user writes.":                                                                     "Ein Trigger oder Flow der Org lehnt es ab; die Meldung sagt, welcher. Ändern Sie ihn so, dass er annimmt, was der „Ausführen als“-Benutzer der Bridge schreibt.",
		"A flow of the org fails on it: the message says which. Let it pass what the bridge's run-as user writes.":                                                                               "Ein Flow der Org scheitert daran; die Meldung sagt, welcher. Ändern Sie ihn so, dass er annimmt, was der „Ausführen als“-Benutzer der Bridge schreibt.",
		"A picklist of the org does not allow the value of %s. Add the value in Setup, or let the picklist take any.":                                                                            "Eine Auswahlliste der Org lässt den Wert von %[1]s nicht zu. Ergänzen Sie ihn im Setup oder lassen Sie in der Liste beliebige Werte zu.",
		"The run-as user may not write it. Give a permission set with “Edit Tasks” (system permissions) and “Edit Access” to the fields, and “View All Records” on the objects.":                 "Der „Ausführen als“-Benutzer darf es nicht schreiben. Geben Sie ihm einen Berechtigungssatz mit „Aufgaben bearbeiten“ (Systemberechtigungen), „Bearbeitungszugriff“ auf die Felder und „Alle Datensätze anzeigen“ für die Objekte.",
		"The run-as user may not see or edit the record that it belongs to, or may not give it to the agent. Give a permission set with “View All Records” on the objects.":                      "Der „Ausführen als“-Benutzer darf den Datensatz, zu dem es gehört, nicht sehen oder bearbeiten, oder er darf es dem Agenten nicht zuteilen. Geben Sie ihm einen Berechtigungssatz mit „Alle Datensätze anzeigen“ für die Objekte.",
		"The run-as user may not write it. Give a permission set with “Edit Tasks” (system permissions).":                                                                                        "Der „Ausführen als“-Benutzer darf es nicht schreiben. Geben Sie ihm einen Berechtigungssatz mit „Aufgaben bearbeiten“ (Systemberechtigungen).",
		"The agent's Salesforce user is inactive. Activate it in Setup, Users, or disable the agent.":                                                                                            "Der Salesforce-Benutzer des Agenten ist inaktiv. Aktivieren Sie ihn im Setup unter „Benutzer“ oder schalten Sie den Agenten aus.",
		"A trigger or flow of the org makes %s longer than the field is. Correct that.":                                                                                                          "Ein Trigger oder Flow der Org macht %[1]s länger, als das Feld ist. Berichtigen Sie das.",
		"The org's data storage is full. Delete records or buy storage; the bridge writes what waits afterwards.":                                                                                "Der Datenspeicher der Org ist voll. Löschen Sie Datensätze oder kaufen Sie Speicher; danach schreibt die Bridge, was noch wartet.",

		// Of calls that wait to be written.
		"Salesforce did not say whether the activity was written.":                                                                   "Salesforce hat nicht gesagt, ob die Aktivität geschrieben wurde.",
		"The bridge asks for it in a minute.":                                                                                        "Die Bridge fragt in einer Minute danach.",
		"the org's API calls of the day are nearly used up":                                                                          "die API-Aufrufe der Org für diesen Tag sind fast verbraucht",
		"the run-as user cannot read, filter and write the field CallObject of Task":                                                 "der „Ausführen als“-Benutzer kann das Feld CallObject von Task nicht lesen, filtern und schreiben",
		"Activities are written when calls are left again. Look in Setup, Company Information, for who uses the calls, or buy more.": "Aktivitäten werden geschrieben, sobald wieder Aufrufe übrig sind. Sehen Sie im Setup unter „Unternehmensinformationen“ nach, wer die Aufrufe verbraucht, oder kaufen Sie welche dazu.",
		"Give the run-as user read and edit access to the activity field “Call Object Identifier” in a permission set: without it no activity can be written just once.": "Geben Sie dem „Ausführen als“-Benutzer in einem Berechtigungssatz Lese- und Bearbeitungszugriff auf das Aktivitätsfeld „Call Object Identifier“: Ohne das lässt sich keine Aktivität genau einmal schreiben.",
		"Call activities are written without %s: the run-as user may not write it. Give edit access to these fields of activities in a permission set.":                  "Anrufe werden ohne %[1]s geschrieben: Der „Ausführen als“-Benutzer darf es nicht schreiben. Geben Sie in einem Berechtigungssatz Bearbeitungszugriff auf diese Felder von Aktivitäten.",
	}
}
