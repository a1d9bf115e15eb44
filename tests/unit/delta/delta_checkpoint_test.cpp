#include "delta/checkpoint.h"

#include "delta/internal/hint.h"
#include "support.h"

namespace tarn::delta {
namespace {

constexpr int64_t kDayMs = 86'400'000;

TEST(Checkpoint, CarriesTheWholeState) {
    TestTable table;
    table.Create();
    for (int i = 1; i <= 9; i++) table.Append("f" + std::to_string(i));
    Transaction last(table.store, table.Load());
    last.Remove(*last.snapshot()->files[0]);
    last.SetApplication("flow", 3);
    last.SetDomain({"d", "x", false});
    ASSERT_TRUE(last.Commit({.operation = "DELETE"}));
    SnapshotPtr snapshot = table.Load();
    EXPECT_EQ(snapshot->version, 10);
    EXPECT_TRUE(CheckpointDue(snapshot->metadata, snapshot->version));
    EXPECT_FALSE(CheckpointDue(snapshot->metadata, 9));
    ASSERT_TRUE(WriteCheckpoint(table.store, *snapshot, table.io, NowMs()));
    ASSERT_TRUE(WriteCheckpoint(table.store, *snapshot, table.io, NowMs())) << "it is there already";

    // As log clean-up would leave it.
    for (int64_t v = 0; v < 10; v++) ASSERT_TRUE(table.store.Delete(table.log.CommitPath(v)));
    SnapshotPtr rebuilt = table.Load();
    ASSERT_TRUE(rebuilt);
    EXPECT_EQ(rebuilt->checkpoint_version, 10);
    EXPECT_EQ(rebuilt->commits_replayed, 0);
    EXPECT_EQ(PathsOf(*rebuilt), PathsOf(*snapshot));
    EXPECT_EQ(rebuilt->files[0]->stats, snapshot->files[0]->stats);
    EXPECT_EQ(rebuilt->protocol, snapshot->protocol);
    EXPECT_EQ(rebuilt->metadata.schema_string, snapshot->metadata.schema_string);
    EXPECT_EQ(rebuilt->transactions, snapshot->transactions);
    EXPECT_EQ(rebuilt->domains, snapshot->domains);
    EXPECT_EQ(rebuilt->tombstones.size(), 1u);
    EXPECT_EQ(rebuilt->timestamp_ms, snapshot->timestamp_ms);
    table.Append("f10");
    EXPECT_EQ(PathsOf(*table.Load()), PathsOf(*snapshot) + " f10");
}

TEST(Checkpoint, ForgetsOldTombstonesOnly) {
    TestTable table;
    table.Create({{"delta.deletedFileRetentionDuration", "interval 2 days"}});
    int64_t now = 1'700'000'000'000;
    for (int days : {1, 3}) {
        table.Write(days == 1 ? 1 : 2, {R"({"remove":{"path":"d)" + std::to_string(days) + R"(","dataChange":true,)" +
                                        R"("deletionTimestamp":)" + std::to_string(now - days * kDayMs) + "}}"});
    }
    SnapshotPtr snapshot = table.Load();
    EXPECT_EQ(snapshot->tombstones.size(), 2u);
    ASSERT_TRUE(WriteCheckpoint(table.store, *snapshot, table.io, now));
    SnapshotPtr rebuilt = table.Load();
    ASSERT_EQ(rebuilt->tombstones.size(), 1u);
    EXPECT_EQ(rebuilt->tombstones[0]->path, "d1");
    EXPECT_FALSE(rebuilt->tombstones[0]->data_change);
}

TEST(Checkpoint, ForgetsOldTransactionsWhereTheTableSaysSo) {
    int64_t now = 1'700'000'000'000;
    for (bool forgets : {false, true}) {
        TestTable table;
        table.Create(forgets ? StringMap{{"delta.setTransactionRetentionDuration", "interval 2 days"}} : StringMap());
        table.Write(1, {R"({"txn":{"appId":"old","version":1,"lastUpdated":)" + std::to_string(now - 3 * kDayMs) + "}}",
                        R"({"txn":{"appId":"new","version":1,"lastUpdated":)" + std::to_string(now - kDayMs) + "}}",
                        R"({"txn":{"appId":"undated","version":1}})"});
        ASSERT_TRUE(WriteCheckpoint(table.store, *table.Load(), table.io, now));
        SnapshotPtr rebuilt = table.Load();
        EXPECT_EQ(rebuilt->transactions.size(), forgets ? 2u : 3u);
        EXPECT_EQ(rebuilt->transactions.contains("old"), !forgets);
    }
}

TEST(Checkpoint, FallsBackWhenOneIsDamaged) {
    TestTable table;
    table.Create();
    table.Append("a");
    ASSERT_TRUE(WriteCheckpoint(table.store, *table.Load(), table.io, NowMs()));
    table.Append("b");
    ASSERT_TRUE(WriteCheckpoint(table.store, *table.Load(), table.io, NowMs()));
    table.Append("c");
    ASSERT_TRUE(table.store.Put(table.log.CheckpointPath(2), "no parquet"));
    EXPECT_EQ(PathsOf(*table.Load()), "a b c");
    EXPECT_EQ(table.Load()->checkpoint_version, 1);
    ASSERT_TRUE(table.store.Put(table.log.CheckpointPath(1), "PAR1{\"add\":{"));
    EXPECT_EQ(PathsOf(*table.Load()), "a b c");
    EXPECT_EQ(table.Load()->checkpoint_version, std::nullopt);
    ASSERT_TRUE(table.store.Delete(table.log.CommitPath(0)));
    EXPECT_EQ(table.LoadError().message, "/lake/t/_delta_log/00000000000000000002.checkpoint.parquet is not a Parquet "
                                         "file.") << "nothing older is whole: the first damage is named";
}

TEST(Checkpoint, V2IsAPolicyAndNotOnlyAFeature) {
    TestTable table;
    table.Create({{"delta.feature.v2Checkpoint", "supported"}});
    EXPECT_TRUE(table.Load()->protocol.HasReaderFeature("v2Checkpoint"));
    table.Append("a");
    ASSERT_TRUE(WriteCheckpoint(table.store, *table.Load(), table.io, NowMs()));
    EXPECT_TRUE(table.store.Head(table.log.CheckpointPath(1))) << "the classic form is allowed, and more can read it";
}

TEST(Checkpoint, ReadsSidecars) {
    TestTable table;
    std::string directory = kRoot + "/_delta_log/";
    ASSERT_TRUE(table.store.Put(directory + "_sidecars/one.parquet", "PAR1" + AddLine("a") + "\n" + AddLine("b")));
    ASSERT_TRUE(table.store.Put(directory + "_sidecars/t w o.parquet", "PAR1" + AddLine("c")));
    std::string sidecars = "{\"checkpointMetadata\":{\"version\":4}}\n" + kProtocolLine + "\n" + kMetadataLine +
                           "\n{\"sidecar\":{\"path\":\"one.parquet\",\"sizeInBytes\":1,\"modificationTime\":1}}\n"
                           "{\"sidecar\":{\"path\":\"t%20w%20o.parquet\",\"sizeInBytes\":1,\"modificationTime\":1}}\n";
    ASSERT_TRUE(table.store.Put(directory + "00000000000000000004.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json",
                                sidecars));
    table.Write(5, {RemoveLine("b")});
    EXPECT_EQ(PathsOf(*table.Load()), "a c");
    auto without = LoadSnapshot(table.store, kRoot, {});
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().kind, ErrorKind::kUnsupported);
}

TEST(Checkpoint, FailureNamesNoCommitFailed) {
    TestTable table;
    table.Create();
    table.Append("a");
    for (int64_t call = 1; call <= 3; call++) {
        storage::FaultyStore faulty(table.store, storage::FaultyStore::FaultAt(call, storage::FaultKind::kFail));
        (void)WriteCheckpoint(faulty, *table.Load(), table.io, NowMs());
        EXPECT_EQ(PathsOf(*table.Load()), "a");
    }
}

TEST(Checkpoint, V2KeepsItsFilesInASidecar) {
    TestTable table;
    table.Create({{"delta.checkpointPolicy", "v2"}});
    table.Append("a");
    table.Append("b");
    SnapshotPtr snapshot = table.Load();
    ASSERT_TRUE(WriteCheckpoint(table.store, *snapshot, table.io, NowMs()));
    auto sidecars = table.store.List(kRoot + "/_delta_log/_sidecars");
    ASSERT_TRUE(sidecars && sidecars->size() == 1);
    EXPECT_EQ(table.log.ReadHint(), snapshot->version);
    for (int64_t version = 0; version < snapshot->version; version++) ASSERT_TRUE(table.store.Delete(table.log.CommitPath(version)));
    EXPECT_EQ(PathsOf(*table.Load()), "a b");
    EXPECT_EQ(table.Load()->checkpoint_version, snapshot->version);
}

TEST(Checkpoint, HintsCarryTheProtocolsChecksum) {
    // The sample of PROTOCOL.md, "JSON checksum".
    std::string sample = R"({"k0":"'v 0'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}})";
    EXPECT_EQ(Md5Hex(*CanonicalJson(sample)), "6a92d155a59bf2eecbd4b4ec7fd1f875");
    EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");
    std::string hint = HintText({.version = 12, .actions = 5, .bytes = 100, .add_files = 2});
    EXPECT_EQ(ParseHint(hint)->version, 12);
    hint.replace(hint.find("12"), 2, "13");
    EXPECT_FALSE(ParseHint(hint)) << "changed after the checksum was made";
    EXPECT_EQ(ParseHint(R"({"version":3})")->version, 3);
    EXPECT_EQ(ParseHint(R"({"version":3,"parts":7})")->parts, 7);
    EXPECT_EQ(ParseHint(R"({"version":3,"v2Checkpoint":{"path":"x.json","sizeInBytes":1}})")->v2_name, "x.json");
    EXPECT_FALSE(ParseHint("x"));
}

constexpr int64_t kDay = kDayMs;

TEST(LogCleanUp, KeepsWhatTheOldestKeptVersionNeeds) {
    TestTable table;
    table.Create({{"delta.logRetentionDuration", "interval 2 days"}});
    int64_t today = 20'000 * kDay;
    for (int i = 1; i <= 12; i++) {
        table.Append("f" + std::to_string(i));
        // A commit a day, the newest today at noon.
        table.store.SetModified(table.log.CommitPath(i), today + kDay / 2 - (12 - i) * kDay);
        if (i % 4 == 0) ASSERT_TRUE(WriteCheckpoint(table.store, *table.Load(), table.io, today));
    }
    table.store.SetModified(table.log.CommitPath(0), today - 20 * kDay);
    ASSERT_TRUE(table.store.Put(kRoot + "/_delta_log/00000000000000000003.crc", "{}"));
    // The cutoff is midnight two days ago: version 9 was the last before, and 8 is the checkpoint that it needs.
    auto removed = CleanUpLog(table.store, *table.Load(), table.io, today + kDay / 2);
    ASSERT_TRUE(removed) << removed.error().ToString();
    EXPECT_EQ(*removed, 8 + 1 + 1) << "commits 0 to 7, checkpoint 4, one checksum";
    EXPECT_EQ(table.Load()->files.size(), 12u);
    EXPECT_EQ(table.Load(9)->files.size(), 9u);
    EXPECT_EQ(table.Load(8)->files.size(), 8u);
    EXPECT_EQ(table.LoadError(7).condition, "DELTA_VERSION_NOT_FOUND");
    EXPECT_EQ(CleanUpLog(table.store, *table.Load(), table.io, today + kDay / 2), 0) << "once is enough";
}

TEST(LogCleanUp, StopsWhereItIsToldTo) {
    TestTable table;
    table.Create({{"delta.enableExpiredLogCleanup", "false"}, {"delta.logRetentionDuration", "interval 0 days"}});
    table.Append("a");
    ASSERT_TRUE(WriteCheckpoint(table.store, *table.Load(), table.io, NowMs()));
    EXPECT_EQ(CleanUpLog(table.store, *table.Load(), table.io, NowMs() + 90 * kDay), 0);
}

TEST(LogCleanUp, AFailureHalfWayLeavesNoGap) {
    for (int64_t call = 1; call <= 14; call++) {
        TestTable table;
        table.Create({{"delta.logRetentionDuration", "interval 1 days"}});
        for (int i = 1; i <= 8; i++) table.Append("f" + std::to_string(i));
        ASSERT_TRUE(WriteCheckpoint(table.store, *table.Load(), table.io, NowMs()));
        table.Append("f9");
        storage::FaultyStore faulty(table.store, storage::FaultyStore::FaultAt(call, storage::FaultKind::kFail));
        (void)CleanUpLog(faulty, *table.Load(), table.io, NowMs() + 9 * kDay);
        EXPECT_EQ(table.Load()->files.size(), 9u) << "call " << call;
        table.Append("f10");
        EXPECT_EQ(table.Load(8)->files.size(), 8u) << "call " << call;
    }
}

}  // namespace
}  // namespace tarn::delta
