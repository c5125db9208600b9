-- A log as version 1 of the data format has it. It is frozen: see test_migrations.py.
pragma application_id = 1128808788;
pragma user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE listed (seq integer not null);
INSERT INTO "listed" VALUES(10);
CREATE TABLE log (
            seq integer primary key,
            id text not null,
            time integer not null,
            stream text,
            kind text not null,
            key text,
            event text not null,
            listed integer
        );
INSERT INTO "log" VALUES(1,'0188d4f0a0000001',1700000000000,'','account-created',NULL,'["account-created/1","0188d4f0a0000001",1700000000000,"","",false,"","00000000000000a1","alice","#lobby"]',NULL);
INSERT INTO "log" VALUES(2,'0188d4f0a0000002',1700000000001,'','account-created',NULL,'["account-created/1","0188d4f0a0000002",1700000000001,"","",false,"","00000000000000b2","Bob",""]',NULL);
INSERT INTO "log" VALUES(3,'0188d4f0a0000003',1700000000002,'','guest-arrived',NULL,'["guest-arrived/1","0188d4f0a0000003",1700000000002,"0188d4f0a0000003","visitor",true,"","visitor","A visitor"]',NULL);
INSERT INTO "log" VALUES(4,'0188d4f0a0000004',1700000000003,'','renamed',NULL,'["renamed/1","0188d4f0a0000004",1700000000003,"0188d4f0a0000003","visitor",true,"","visitor2"]',NULL);
INSERT INTO "log" VALUES(5,'0188d4f0a0000005',1700000000004,'','joined',NULL,'["joined/1","0188d4f0a0000005",1700000000004,"00000000000000a1","alice",false,"","#Café"]',NULL);
INSERT INTO "log" VALUES(6,'0188d4f0a0000006',1700000000005,'0188d4f0a0000005','joined',NULL,'["joined/1","0188d4f0a0000006",1700000000005,"00000000000000b2","Bob",false,"0188d4f0a0000005","#café"]',NULL);
INSERT INTO "log" VALUES(7,'0188d4f0a0000007',1700000000006,'0188d4f0a0000005','topic-set',NULL,'["topic-set/1","0188d4f0a0000007",1700000000006,"00000000000000a1","alice",false,"0188d4f0a0000005","Everything — \"quoted\", back\\slashed, 😀"]',NULL);
INSERT INTO "log" VALUES(8,'0188d4f0a0000008',1700000000007,'0188d4f0a0000005','message-sent','00000000000000a1 k1','["message-sent/1","0188d4f0a0000008",1700000000007,"00000000000000a1","alice",false,"0188d4f0a0000005","PRIVMSG","#Café","hello 😀",null,"k1"]',1);
INSERT INTO "log" VALUES(9,'0188d4f0a0000009',1700000000008,'0188d4f0a0000005','message-sent',NULL,'["message-sent/1","0188d4f0a0000009",1700000000007,"00000000000000b2","Bob",false,"0188d4f0a0000005","NOTICE","#Café","it''s noted",{"+typing":"active","+x":""},""]',1);
INSERT INTO "log" VALUES(10,'0188d4f0a000000a',1700000000008,'00000000000000a1+00000000000000b2','message-sent',NULL,'["message-sent/1","0188d4f0a000000a",1700000000008,"00000000000000a1","alice",false,"00000000000000a1+00000000000000b2","PRIVMSG","Bob","to you",null,""]',1);
INSERT INTO "log" VALUES(11,'0188d4f0a000000b',1700000000009,NULL,'message-sent',NULL,'["message-sent/1","0188d4f0a000000b",1700000000009,"0188d4f0a0000003","visitor2",true,"0188d4f0a0000005","PRIVMSG","#Café","refused when applied",null,"k2"]',NULL);
INSERT INTO "log" VALUES(12,'0188d4f0a000000c',1700000000010,'','realname-set',NULL,'["realname-set/1","0188d4f0a000000c",1700000000010,"00000000000000a1","alice",false,"","Alice Ü."]',NULL);
INSERT INTO "log" VALUES(13,'0188d4f0a000000d',1700000000011,'0188d4f0a0000005','marker-set',NULL,'["marker-set/1","0188d4f0a000000d",1700000000011,"00000000000000a1","alice",false,"0188d4f0a0000005",1700000000008]',NULL);
INSERT INTO "log" VALUES(14,'0188d4f0a000000e',1700000000012,'','attended',NULL,'["attended/1","0188d4f0a000000e",1700000000012,"00000000000000b2","Bob",false,"",1700000000009,10]',NULL);
INSERT INTO "log" VALUES(15,'0188d4f0a000000f',1700000000013,'0188d4f0a0000005','parted',NULL,'["parted/1","0188d4f0a000000f",1700000000013,"00000000000000b2","Bob",false,"0188d4f0a0000005","bye"]',NULL);
INSERT INTO "log" VALUES(16,'0188d4f0a0000010',1700000000014,'','guest-left',NULL,'["guest-left/1","0188d4f0a0000010",1700000000014,"0188d4f0a0000003","visitor2",true,"","Quit"]',NULL);
INSERT INTO "log" VALUES(17,'0188d4f0a0000011',1700000000015,'','account-removed',NULL,'["account-removed/1","0188d4f0a0000011",1700000000015,"00000000000000b2","Bob",false,""]',NULL);
CREATE TABLE snapshot (seq integer primary key, checksum integer not null, state blob not null);
INSERT INTO "snapshot" VALUES(6,1309889775,X'7B227374617465223A226F6C646572227D');
INSERT INTO "snapshot" VALUES(12,3469664904,X'000102030405060708090A0B0C0D0E0F');
CREATE UNIQUE INDEX log_id on log (id);
CREATE UNIQUE INDEX log_key on log (key) where key is not null;
CREATE INDEX log_history on log (stream, time) where listed = 1;
COMMIT;
