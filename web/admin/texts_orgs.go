package admin

// orgTexts are the sentences about orgs (lookup.Advice), in German.
func orgTexts() map[string]string {
	return map[string]string{
		"Enter the consumer key and the consumer secret in the org's settings.":                      "Tragen Sie Consumer-Schlüssel und Consumer-Geheimnis in den Einstellungen der Org ein.",
		"Correct this in the org's settings.":                                                        "Berichtigen Sie das in den Einstellungen der Org.",
		"The org is switched off: nothing is asked of it, and its agents get no pops.":               "Die Org ist ausgeschaltet: Sie wird nichts gefragt, und ihre Agenten bekommen keine Pops.",
		"Switch it on to use it again.":                                                              "Schalten Sie sie ein, um sie wieder zu benutzen.",
		"The bridge signs in with a password by SOAP login(), which Salesforce ends in summer 2027.": "Die Bridge meldet sich mit einem Passwort über SOAP login() an; Salesforce stellt das im Sommer 2027 ab.",
		"Create an external client app and change the sign-in to client credentials.":                "Legen Sie eine externe Client-Anwendung an und stellen Sie die Anmeldung auf Client Credentials um.",

		"Look in Setup, Company Information, for who uses the calls; raise the org's “Stop at”, or buy more.":                                  "Sehen Sie im Setup unter „Unternehmensinformationen“ nach, wer die Aufrufe verbraucht; setzen Sie die Grenze der Org höher oder kaufen Sie Aufrufe dazu.",
		"Delete or archive records, or buy storage: once it is full, Salesforce refuses new records, logged calls among them.":                 "Löschen oder archivieren Sie Datensätze oder kaufen Sie Speicher: Ist er voll, nimmt Salesforce keine neuen Datensätze mehr an, auch keine Anrufprotokolle.",
		"Look in Setup, Bulk Data Load Jobs, for who starts them. When they are used up, the bridge reads by single queries, which is slower.": "Sehen Sie im Setup unter „Massendatenladeaufträge“ nach, wer sie startet. Sind sie verbraucht, liest die Bridge mit einzelnen Abfragen, was länger dauert.",
		"%s per cent of the org's API calls for 24 hours are used, so it is not polled now: changes come by hints and by “Sync now”.":          "%[1]s Prozent der API-Aufrufe der Org für 24 Stunden sind verbraucht; sie wird jetzt nicht abgefragt: Änderungen kommen durch Hinweise und durch „Jetzt abgleichen“.",

		"%s per cent of the org's API calls for 24 hours are used, so it is polled only every %s.": "%[1]s Prozent der API-Aufrufe der Org für 24 Stunden sind verbraucht; sie wird nur noch alle %[2]s abgefragt.",
		"At the present rate of %s an hour, the org's API calls for 24 hours are used up at %s.":   "Bei jetzt %[1]s in der Stunde sind die API-Aufrufe der Org für 24 Stunden um %[2]s verbraucht.",

		"%s per cent of the org's API calls for 24 hours are used, so who may sign in is known as of before: a user who is deactivated in Salesforce now stays signed in to the bridge until calls are left again.": "%[1]s Prozent der API-Aufrufe der Org für 24 Stunden sind verbraucht; wer sich anmelden darf, ist deshalb nur von vorher bekannt: Wer jetzt in Salesforce deaktiviert wird, bleibt an der Bridge angemeldet, bis wieder Aufrufe übrig sind.",
		"Switch off agents who leave in the bridge itself, and look in Setup, Company Information, for who uses the calls.":                                                                                         "Schalten Sie Agenten, die ausscheiden, in der Bridge selbst aus und sehen Sie im Setup unter „Unternehmensinformationen“ nach, wer die Aufrufe verbraucht.",

		"%s per cent of the org's data storage are used.":               "%[1]s Prozent des Datenspeichers der Org sind belegt.",
		"%s per cent of the org's Bulk API jobs for 24 hours are used.": "%[1]s Prozent der Bulk-API-Aufträge der Org für 24 Stunden sind verbraucht.",
		"The org's new refresh token could not be stored.":              "Das neue Refresh-Token der Org ließ sich nicht speichern.",

		"Look at the log for the reason, a full disk as a rule; after a restart somebody has to sign in to Salesforce again.": "Den Grund nennt das Protokoll, meist eine volle Platte; nach einem Neustart muss sich jemand wieder bei Salesforce anmelden.",

		"Salesforce does not tell changes of %s by itself now, so it is polled as usual.": "Salesforce meldet Änderungen von %[1]s zurzeit nicht von selbst; das Objekt wird wie sonst abgefragt.",

		"The bridge connects again by itself. If this stays, a firewall or proxy drops idle connections: let connections to the Pub/Sub API's address stay open for 5 minutes.": "Die Bridge verbindet sich von selbst neu. Bleibt es dabei, trennt eine Firewall oder ein Proxy ruhende Verbindungen: Lassen Sie Verbindungen zur Adresse der Pub/Sub-API 5 Minuten offen.",
		"In Setup, Change Data Capture, select the object; give the run-as user “View All Records” on it (or “View All Data”) in a permission set.":                             "Wählen Sie im Setup unter „Änderungsdatenerfassung“ das Objekt aus; geben Sie dem Run-As-Benutzer in einem Berechtigungssatz „Alle Datensätze anzeigen“ dafür (oder „Alle Daten anzeigen“).",

		"Nothing is to be done: polling brings what has happened meanwhile.": "Es ist nichts zu tun: Die Abfrage holt nach, was inzwischen geschehen ist.",

		"The org's event deliveries for 24 hours or its subscribers are used up. Look in Setup, Company Information, or buy the Change Data Capture add-on; polling goes on meanwhile.":                                                       "Die Ereignisse der Org für 24 Stunden oder ihre Abonnenten sind verbraucht. Sehen Sie im Setup unter „Unternehmensinformationen“ nach oder kaufen Sie das Add-on für Change Data Capture; abgefragt wird weiterhin.",
		"Salesforce refuses the session for events. Check in the app's OAuth settings that it has the scope “Manage user data via APIs (api)” and that the run-as user has “API Enabled”.":                                                    "Salesforce lehnt die Sitzung für Ereignisse ab. Prüfen Sie in den OAuth-Einstellungen der Anwendung, ob sie den Bereich „Benutzerdaten über APIs verwalten (api)“ hat, und beim Run-As-Benutzer „API aktiviert“.",
		"Let the bridge reach the Pub/Sub API's address (api.pubsub.salesforce.com, port 7443) through firewall and proxy, with HTTP/2 and no inspection of TLS; or name port 443 in the org's connection. The bridge tries again by itself.": "Lassen Sie die Bridge durch Firewall und Proxy zur Adresse der Pub/Sub-API (api.pubsub.salesforce.com, Port 7443), mit HTTP/2 und ohne Aufbrechen von TLS; oder nennen Sie in der Verbindung der Org Port 443. Die Bridge versucht es von selbst wieder.",
		"The bridge tries again by itself, and polling goes on meanwhile. If this stays, look at status.salesforce.com.":                                                                                                                      "Die Bridge versucht es von selbst wieder; abgefragt wird weiterhin. Bleibt es dabei, sehen Sie auf status.salesforce.com nach.",
	}
}
