BEGIN TRANSACTION;
CREATE TABLE dunning_alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT dunning_alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "dunning_alembic_version" VALUES('0002');
CREATE TABLE dunning_cases (
	number INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	debtor_id TEXT NOT NULL, 
	policy_hash TEXT NOT NULL, 
	status TEXT NOT NULL, 
	next_look INTEGER, 
	seq INTEGER NOT NULL, 
	opened_at INTEGER NOT NULL, 
	snapshot TEXT NOT NULL, 
	PRIMARY KEY (number), 
	CONSTRAINT dunning_cases_id UNIQUE (id), 
	FOREIGN KEY(policy_hash) REFERENCES dunning_policies (hash)
)
 STRICT

;
INSERT INTO "dunning_cases" VALUES(1,'ann/USD','ann','abababababababababababababababababababababababababababababababab','upcoming',1772000000,2,1772000000,'["302d021c98a8",["ann/USD",["ann","consumer","Ann Özil","ann@example.com",null,null,[],null,null,"US","America/Denver"],["us-consumer",3,"abababababababababababababababababababababababababababababababab"],1772000000,"USD",[["zone",["America/Denver"]]],["America/Denver"],[["region",["US-CO"]]],["US-CO"],[["ann/USD-1",24000,739648,739676,1772000000,24000]],[],0,[],[],[],[],[],[],[],null,{},{},[],{},{},{},[],[],[],"upcoming","",2]]');
INSERT INTO "dunning_cases" VALUES(2,'bob/USD','bob','abababababababababababababababababababababababababababababababab','upcoming',NULL,2,1772000000,'["302d021c98a8",["bob/USD",["bob","consumer","Ann Özil","ann@example.com",null,null,[],null,null,"US","America/Denver"],["us-consumer",3,"abababababababababababababababababababababababababababababababab"],1772000000,"USD",[["zone",["America/Denver"]]],["America/Denver"],[["region",["US-CO"]]],["US-CO"],[["bob/USD-1",24000,739648,739676,1772000000,24000]],[],0,[],[],[],[],[],[],[],null,{},{},[],{},{},{},[],[],[],"upcoming","",2]]');
CREATE TABLE dunning_contacts (
	debtor_id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	debts TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	inbound INTEGER NOT NULL, 
	action_id TEXT NOT NULL, details TEXT, 
	CONSTRAINT dunning_contacts_key PRIMARY KEY (debtor_id, "key")
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "dunning_contacts" VALUES('ann','a1',1772000000,'email','["ann/USD"]','attempted',0,'a1','{"line":"work"}');
CREATE TABLE dunning_events (
	case_id TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	type TEXT NOT NULL, 
	type_version INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	recorded_at INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	written_by TEXT NOT NULL, 
	CONSTRAINT dunning_events_key PRIMARY KEY (case_id, seq), 
	FOREIGN KEY(case_id) REFERENCES dunning_cases (id)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "dunning_events" VALUES('ann/USD',1,'CaseOpened',1,1772000000,1772000001,'{"debtor":{"accounts":[],"address":[],"contacts":[],"country":"US","customer_since":null,"email":"ann@example.com","group":null,"guarantors":[],"id":"ann","kind":"consumer","language":null,"name":"Ann Özil","paid_late":[],"payer":"","payment_methods":[],"phone":null,"policy":null,"postal_code":null,"push":null,"region":null,"representative":null,"risk":null,"social":null,"zone":"America/Denver"},"hints":[{"origin":"zone","zones":["America/Denver"]}],"place_hints":[{"origin":"region","places":["US-CO"]}],"policy":{"hash":"abababababababababababababababababababababababababababababababab","name":"us-consumer","version":3},"route":"","terms":{"allocation":["fees","interest","principal"],"on_paid":"survive"},"variant":""}','dunning-engine 0.1.0, tzdata 2026.6');
INSERT INTO "dunning_events" VALUES('ann/USD',2,'ReceivableAdded',1,1772000000,1772000001,'{"invoice":{"amount":{"currency":"USD","minor":24000},"creditor":"","due":"2026-03-01","issued":"2026-02-01","number":"ann/USD-1","ready":true}}','dunning-engine 0.1.0, tzdata 2026.6');
INSERT INTO "dunning_events" VALUES('bob/USD',1,'CaseOpened',1,1772000000,1772000001,'{"debtor":{"accounts":[],"address":[],"contacts":[],"country":"US","customer_since":null,"email":"ann@example.com","group":null,"guarantors":[],"id":"bob","kind":"consumer","language":null,"name":"Ann Özil","paid_late":[],"payer":"","payment_methods":[],"phone":null,"policy":null,"postal_code":null,"push":null,"region":null,"representative":null,"risk":null,"social":null,"zone":"America/Denver"},"hints":[{"origin":"zone","zones":["America/Denver"]}],"place_hints":[{"origin":"region","places":["US-CO"]}],"policy":{"hash":"abababababababababababababababababababababababababababababababab","name":"us-consumer","version":3},"route":"","terms":{"allocation":["fees","interest","principal"],"on_paid":"survive"},"variant":""}','dunning-engine 0.1.0, tzdata 2026.6');
INSERT INTO "dunning_events" VALUES('bob/USD',2,'ReceivableAdded',1,1772000000,1772000001,'{"invoice":{"amount":{"currency":"USD","minor":24000},"creditor":"","due":"2026-03-01","issued":"2026-02-01","number":"bob/USD-1","ready":true}}','dunning-engine 0.1.0, tzdata 2026.6');
CREATE TABLE dunning_inbox (
	source TEXT NOT NULL, 
	event_id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	CONSTRAINT dunning_inbox_key PRIMARY KEY (source, event_id)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "dunning_inbox" VALUES('bank','tx-9','digest');
CREATE TABLE dunning_outbox (
	number INTEGER NOT NULL, 
	action_id TEXT NOT NULL, 
	case_id TEXT NOT NULL, 
	debtor_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	next_at INTEGER, 
	changed_at INTEGER NOT NULL, 
	fence INTEGER NOT NULL, 
	attempts INTEGER NOT NULL, 
	action TEXT NOT NULL, 
	message TEXT, 
	note TEXT NOT NULL, 
	PRIMARY KEY (number), 
	CONSTRAINT dunning_outbox_action UNIQUE (action_id), 
	FOREIGN KEY(case_id) REFERENCES dunning_cases (id)
)
 STRICT

;
INSERT INTO "dunning_outbox" VALUES(1,'348f75fd489d77ecdadc58894c92f8ba','ann/USD','ann','armed',1772000120,1772000000,1,1,'{"amount":24000,"approval":null,"case_id":"ann/USD","charges":[],"currency":"USD","deadline":null,"debtor_id":"ann","id":"348f75fd489d77ecdadc58894c92f8ba","invoices":["INV-1"],"key":{"cycle":"INV-1","occurrence":1,"slot":"email","step":"reminder"},"levels":[],"offers":[],"planned_at":1772000000,"spec":{"after":"","certified":false,"channel":"email","do":"send","given":[],"name":"reminder","slot":"","to":"","topic":"","wait":null,"with_invoice":false}}',NULL,'');
INSERT INTO "dunning_outbox" VALUES(2,'9fda147bca5bc4f7db960e060549a90c','ann/USD','ann','armed',1772000120,1772000000,1,1,'{"amount":24000,"approval":null,"case_id":"ann/USD","charges":[],"currency":"USD","deadline":null,"debtor_id":"ann","id":"9fda147bca5bc4f7db960e060549a90c","invoices":["INV-1"],"key":{"cycle":"INV-1","occurrence":1,"slot":"email","step":"nudge"},"levels":[],"offers":[],"planned_at":1772000000,"spec":{"after":"","certified":false,"channel":"email","do":"send","given":[],"name":"nudge","slot":"","to":"","topic":"","wait":null,"with_invoice":false}}',NULL,'');
INSERT INTO "dunning_outbox" VALUES(3,'67ec6d58cbf92e2b49815abe5f52a19f','bob/USD','ann','sent',NULL,1772000000,0,0,'{"amount":24000,"approval":null,"case_id":"bob/USD","charges":[],"currency":"USD","deadline":null,"debtor_id":"ann","id":"67ec6d58cbf92e2b49815abe5f52a19f","invoices":["INV-1"],"key":{"cycle":"INV-1","occurrence":1,"slot":"email","step":"call"},"levels":[],"offers":[],"planned_at":1772000000,"spec":{"after":"","certified":false,"channel":"email","do":"send","given":[],"name":"call","slot":"","to":"","topic":"","wait":null,"with_invoice":false}}',NULL,'ref');
CREATE TABLE dunning_policies (
	hash TEXT NOT NULL, 
	name TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	PRIMARY KEY (hash), 
	CONSTRAINT dunning_policies_version UNIQUE (name, version)
)
 STRICT

;
INSERT INTO "dunning_policies" VALUES('abababababababababababababababababababababababababababababababab','us-consumer',3,'policy: us-consumer');
CREATE INDEX dunning_cases_due ON dunning_cases (next_look, number) WHERE next_look IS NOT NULL;
CREATE INDEX dunning_cases_debtor ON dunning_cases (debtor_id);
CREATE TRIGGER dunning_events_no_update BEFORE UPDATE ON dunning_events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER dunning_events_no_delete BEFORE DELETE ON dunning_events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE INDEX dunning_outbox_due ON dunning_outbox (next_at, number) WHERE next_at IS NOT NULL;
CREATE INDEX dunning_outbox_case ON dunning_outbox (case_id);
COMMIT;
