#include "delta/checkpoint.h"

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
    EXPECT_TRUE(CheckpointDue(*snapshot));
    EXPECT_FALSE(CheckpointDue(*table.Load(9)));
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

TEST(Checkpoint, V2TablesGetJson) {
    TestTable table;
    table.Create({{"delta.checkpointPolicy", "v2"}});
    EXPECT_TRUE(table.Load()->protocol.HasReaderFeature("v2Checkpoint"));
    table.Append("a");
    ASSERT_TRUE(WriteCheckpoint(table.store, *table.Load(), table.io, NowMs()));
    for (int64_t v = 0; v < 2; v++) ASSERT_TRUE(table.store.Delete(table.log.CommitPath(v)));
    auto snapshot = LoadSnapshot(table.store, kRoot, {});
    ASSERT_TRUE(snapshot) << "no Parquet reader needed: " << snapshot.error().ToString();
    EXPECT_EQ(PathsOf(**snapshot), "a");
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

TEST(Checkpoint, SchemaHoldsWhatIsWritten) {
    DataType schema = CheckpointSchema();
    EXPECT_EQ(schema.fields.size(), 6u);
    EXPECT_EQ(schema.FindField("add")->type.FindField("partitionValues")->type.ToString(), "map<string,string>");
    EXPECT_EQ(schema.FindField("add")->type.FindField("deletionVector")->type.FindField("offset")->type.ToString(),
              "int");
}

}  // namespace
}  // namespace tarn::delta
