-- A log as version 8 of the data format has it. It is frozen: see test_migrations.py.
pragma application_id = 1128808788;
pragma user_version = 8;
BEGIN TRANSACTION;
CREATE TABLE crossed (id text primary key, seq integer not null) without rowid;
INSERT INTO "crossed" VALUES('0188d4f0a0000015',21);
CREATE TABLE erasing (seq integer primary key);
INSERT INTO "erasing" VALUES(0);
CREATE TABLE ids (
            node text not null,
            id text not null,
            seq integer not null,
            primary key (node, id)
        ) without rowid
        ;
INSERT INTO "ids" VALUES('','0188d4f0a0000001',1);
INSERT INTO "ids" VALUES('','0188d4f0a000000d',13);
INSERT INTO "ids" VALUES('','g',19);
CREATE TABLE keys (key text primary key, seq integer not null) without rowid;
INSERT INTO "keys" VALUES('00000000000000a1 k1',8);
INSERT INTO "keys" VALUES('00000000000000a1 k3',19);
CREATE TABLE listed (
            seq integer not null,
            runs integer not null default 0,
            places integer not null default 0,
            ids integer not null default 0,
            crossed integer not null default 0,
            notes integer not null default 0,
            remarks integer not null default 0,
            total integer not null default 0
        );
INSERT INTO "listed" VALUES(18,7909176006,911,7268305288,3628331848,3173957912,0,21979771983);
CREATE TABLE log (seq integer primary key, event text not null, checksum blob not null default x'');
INSERT INTO "log" VALUES(1,'["account-created/1","0188d4f0a0000001",1700000000000,"","",false,"","00000000000000a1","alice","#lobby"]',X'6A994E73');
INSERT INTO "log" VALUES(2,'["account-created/1","0188d4f0a0000002",1700000000001,"","",false,"","00000000000000b2","Bob",""]',X'F0E3E83D');
INSERT INTO "log" VALUES(3,'["guest-arrived/1","0188d4f0a0000003",1700000000002,"0188d4f0a0000003","visitor",true,"","visitor","A visitor"]',X'E60B615C');
INSERT INTO "log" VALUES(4,'["renamed/1","0188d4f0a0000004",1700000000003,"0188d4f0a0000003","visitor",true,"","visitor2"]',X'AF1EE410');
INSERT INTO "log" VALUES(5,'["joined/1","0188d4f0a0000005",1700000000004,"00000000000000a1","alice",false,"","#Café"]',X'BF575C8F');
INSERT INTO "log" VALUES(6,'["joined/1","0188d4f0a0000006",1700000000005,"00000000000000b2","Bob",false,"0188d4f0a0000005","#café"]',X'593C4A07');
INSERT INTO "log" VALUES(7,'["topic-set/1","0188d4f0a0000007",1700000000006,"00000000000000a1","alice",false,"0188d4f0a0000005","Everything — \"quoted\", back\\slashed, 😀"]',X'0504BA28');
INSERT INTO "log" VALUES(8,'["message-sent/1","0188d4f0a0000008",1700000000007,"00000000000000a1","alice",false,"0188d4f0a0000005","PRIVMSG","#Café","hello 😀",null,"k1"]',X'F656DE53');
INSERT INTO "log" VALUES(9,'["message-sent/1","0188d4f0a0000009",1700000000007,"00000000000000b2","Bob",false,"0188d4f0a0000005","NOTICE","#Café","it''s noted",{"+typing":"active","+x":""},""]',X'7AA55BE1');
INSERT INTO "log" VALUES(10,'["message-sent/1","0188d4f0a000000a",1700000000008,"00000000000000a1","alice",false,"00000000000000a1+00000000000000b2","PRIVMSG","Bob","to you",null,""]',X'2B456012');
INSERT INTO "log" VALUES(11,'["message-sent/1","0188d4f0a000000b",1700000000009,"0188d4f0a0000003","visitor2",true,"0188d4f0a0000005","PRIVMSG","#Café","refused when applied",null,"k2"]',X'3161ABD7');
INSERT INTO "log" VALUES(12,'["realname-set/1","0188d4f0a000000c",1700000000010,"00000000000000a1","alice",false,"","Alice Ü."]',X'1BBD2247');
INSERT INTO "log" VALUES(13,'["marker-set/1","0188d4f0a000000d",1700000000011,"00000000000000a1","alice",false,"0188d4f0a0000005",1700000000008]',X'105B2BBB');
INSERT INTO "log" VALUES(14,'["attended/1","0188d4f0a000000e",1700000000012,"00000000000000b2","Bob",false,"",1700000000009,10]',X'5B9941A4');
INSERT INTO "log" VALUES(15,'["parted/1","0188d4f0a000000f",1700000000013,"00000000000000b2","Bob",false,"0188d4f0a0000005","bye"]',X'A4BD0815');
INSERT INTO "log" VALUES(16,'["guest-left/1","0188d4f0a0000010",1700000000014,"0188d4f0a0000003","visitor2",true,"","Quit"]',X'82EB7916');
INSERT INTO "log" VALUES(17,'["account-removed/1","0188d4f0a0000011",1700000000015,"00000000000000b2","Bob",false,""]',X'81A4963A');
INSERT INTO "log" VALUES(18,'["message-sent/1","0188d4f0a0000014",1700000000016,"00000000000000a1","alice",false,"0188d4f0a0000005","TAGMSG","#Café","",{"+draft/react":"😀"},""]',X'E0E0D5F5');
INSERT INTO "log" VALUES(19,'["message-sent/1","0188d4f0a0000016",1700000000017,"00000000000000a1","alice",false,"0188d4f0a0000005","PRIVMSG","#Café","not listed yet",null,"k3"]',X'E8B9737E');
INSERT INTO "log" VALUES(20,'["message-sent/1","0188d4f0a0000017",1700000000018,"00000000000000a1","alice",false,"0188d4f0a0000005","PRIVMSG","#Café","refused when applied",null,"k4"]',X'3FB47D53');
INSERT INTO "log" VALUES(21,'["realname-set/1","0188d4f0a0000015",1700000000019,"00000000000000a1","alice",false,"","Alice"]',X'3EAAEBC0');
CREATE TABLE notes (seq integer primary key, time integer);
INSERT INTO "notes" VALUES(9,1700000000008);
INSERT INTO "notes" VALUES(11,NULL);
CREATE TABLE remarks (
            target text not null,
            edit integer not null,
            seq integer not null,
            primary key (target, edit, seq)
        ) without rowid
        ;
CREATE TABLE runs (
            stream text not null,
            time integer not null,
            first integer not null,
            last integer not null,
            texts integer not null,
            tags integer not null,
            places text not null,
            primary key (stream, time, first)
        ) without rowid
        ;
INSERT INTO "runs" VALUES('00000000000000a1+00000000000000b2',1700000000008,10,10,1,0,'[10]');
INSERT INTO "runs" VALUES('0188d4f0a0000005',1700000000007,8,9,2,0,'[8,9]');
INSERT INTO "runs" VALUES('0188d4f0a0000005',1700000000016,18,18,0,1,'[18]');
CREATE TABLE snapshot (seq integer primary key, checksum integer not null, state blob not null);
INSERT INTO "snapshot" VALUES(6,1309889775,X'7B227374617465223A226F6C646572227D');
INSERT INTO "snapshot" VALUES(12,3469664904,X'000102030405060708090A0B0C0D0E0F');
COMMIT;
