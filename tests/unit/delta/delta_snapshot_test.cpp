#include "delta/snapshot.h"

#include "delta/history.h"
#include "support.h"

namespace tarn::delta {
namespace {

TEST(Snapshot, ReplaysAddsAndRemoves) {
    TestTable table;
    table.Write(0, {kProtocolLine, kMetadataLine, AddLine("a"), AddLine("b")});
    table.Write(1, {RemoveLine("a"), AddLine("c")});
    table.Write(2, {AddLine("a"), R"({"txn":{"appId":"flow","version":7}})",
                    R"({"domainMetadata":{"domain":"d","configuration":"1","removed":false}})",
                    R"({"domainMetadata":{"domain":"gone","configuration":"1","removed":true}})"});
    SnapshotPtr snapshot = table.Load();
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->version, 2);
    EXPECT_EQ(PathsOf(*snapshot), "b c a") << "a file that came back counts from then on";
    EXPECT_TRUE(snapshot->tombstones.empty());
    EXPECT_EQ(snapshot->TransactionVersion("flow"), 7);
    EXPECT_EQ(snapshot->TransactionVersion("other"), std::nullopt);
    EXPECT_EQ(snapshot->domains.size(), 1u);
    EXPECT_EQ(snapshot->TotalSize(), 3);
    EXPECT_EQ(snapshot->TotalRows(), std::nullopt);
    EXPECT_EQ(snapshot->commits_replayed, 3);

    SnapshotPtr older = table.Load(1);
    EXPECT_EQ(PathsOf(*older), "b c");
    EXPECT_EQ(older->tombstones.size(), 1u);
    EXPECT_EQ(older->TransactionVersion("flow"), std::nullopt);
    EXPECT_EQ(table.LoadError(3).condition, "DELTA_VERSION_NOT_FOUND");
}

TEST(Snapshot, MatchesPathsInAnySpelling) {
    TestTable table;
    table.Write(0, {kProtocolLine, kMetadataLine, AddLine("/p/a%20b"), AddLine("/p/c"), AddLine("d%25e")});
    table.Write(1, {RemoveLine("file:/p/a%20b")});
    table.Write(2, {RemoveLine("file:///p/c")});
    table.Write(3, {RemoveLine("file:///lake/t/d%25e")});
    EXPECT_EQ(PathsOf(*table.Load()), "");
}

TEST(Snapshot, VectorsArePartOfAFilesIdentity) {
    auto line = [](const std::string &kind, const std::string &vector) {
        return R"({")" + kind +
               R"(":{"path":"a","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true)" +
               (vector.empty() ? ""
                               : R"(,"deletionVector":{"storageType":"i","pathOrInlineDv":")" + vector +
                                     R"(","sizeInBytes":1,"cardinality":1})") +
               "}}";
    };
    TestTable table;
    table.Write(0, {kProtocolLine, kMetadataLine, line("add", "")});
    table.Write(1, {line("remove", ""), line("add", "v1")});
    table.Write(2, {line("add", "v2"), line("remove", "v1")});
    SnapshotPtr snapshot = table.Load();
    ASSERT_EQ(snapshot->files.size(), 1u);
    EXPECT_EQ(snapshot->files[0]->deletion_vector->path_or_inline, "v2");
    EXPECT_EQ(snapshot->tombstones.size(), 2u);
}

TEST(Snapshot, GrowsFromAnOlderOne) {
    TestTable table;
    table.Create();
    Transaction many(table.store, table.Load());
    for (int i = 0; i < 40; i++) many.Add(FileOf("m" + std::to_string(i), "1"));
    ASSERT_TRUE(many.Commit({.operation = "WRITE"}));
    for (int i = 2; i <= 5; i++) table.Append("f" + std::to_string(i));
    SnapshotPtr base = table.Load(2);
    SnapshotPtr full = table.Load();
    SnapshotPtr grown = table.Load(std::nullopt, base);
    EXPECT_EQ(PathsOf(*grown), PathsOf(*full));
    EXPECT_EQ(grown->version, 5);
    EXPECT_EQ(grown->files.rows().row(0).path().data(), base->files.rows().row(0).path().data()) << "files are shared, not copied";
    EXPECT_EQ(table.Load(std::nullopt, full), full) << "nothing new: the same Snapshot";
    EXPECT_EQ(table.Load(3, base)->version, 3);
    EXPECT_EQ(table.Load(1, full)->version, 1) << "backwards it reads all";

    Transaction remove(table.store, full);
    remove.Remove(*full->files[1]);
    ASSERT_TRUE(remove.Commit({.operation = "DELETE"}));
    SnapshotPtr newest = table.Load(std::nullopt, full);
    EXPECT_EQ(PathsOf(*newest), PathsOf(*table.Load()));
    EXPECT_FALSE(PathsOf(*newest).contains("m1 "));
    EXPECT_EQ(newest->files.size(), full->files.size() - 1);
    EXPECT_EQ(newest->tombstones.size(), 1u);
}

TEST(Snapshot, NoticesATableMadeAnew) {
    TestTable table;
    table.Create();
    table.Append("old");
    SnapshotPtr base = table.Load();
    for (int64_t v = 0; v <= 1; v++) ASSERT_TRUE(table.store.Delete(table.log.CommitPath(v)));
    table.Create();
    table.Append("new1");
    table.Append("new2");
    EXPECT_EQ(PathsOf(*table.Load(std::nullopt, base)), "new1 new2");
}

TEST(Snapshot, SaysWhatCannotBeRecovered) {
    TestTable none;
    EXPECT_EQ(none.LoadError().condition, "DELTA_MISSING_DELTA_TABLE");
    TestTable no_metadata;
    no_metadata.Write(0, {kProtocolLine, AddLine("a")});
    EXPECT_EQ(no_metadata.LoadError().condition, "DELTA_STATE_RECOVER_ERROR");
    TestTable no_protocol;
    no_protocol.Write(0, {kMetadataLine, AddLine("a")});
    EXPECT_EQ(no_protocol.LoadError().condition, "DELTA_STATE_RECOVER_ERROR");
    TestTable damaged;
    damaged.Write(0, {kProtocolLine, kMetadataLine, "{\"add\":"});
    EXPECT_EQ(damaged.LoadError().kind, ErrorKind::kCorrupt);
    EXPECT_NE(damaged.LoadError().message.find("Line 3 of /lake/t/_delta_log/00000000000000000000.json"),
              std::string::npos);
}

Snapshot WithFeatures(std::vector<std::string> readers, std::vector<std::string> writers = {}) {
    Snapshot snapshot;
    snapshot.table_root = kRoot;
    snapshot.protocol = {3, 7, readers, writers};
    snapshot.metadata.schema = SimpleSchema();
    return snapshot;
}

TEST(Features, ReadsWhatItKnows) {
    EXPECT_TRUE(CheckReadable(
        WithFeatures({"deletionVectors", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"})));
    EXPECT_TRUE(CheckReadable(WithFeatures({"columnMapping", "typeWidening-preview"}))) << "listed, but not used";
    Snapshot mapped = WithFeatures({"columnMapping"});
    mapped.metadata.configuration["delta.columnMapping.mode"] = "name";
    EXPECT_EQ(CheckReadable(mapped).error().condition, "DELTA_UNSUPPORTED_FEATURES_FOR_READ");
    EXPECT_TRUE(CheckReadable(mapped, {.column_mapping = true}));
    auto unknown = CheckReadable(WithFeatures({"deletionVectors", "catalogManaged", "quantum"}));
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message.find("catalogManaged, quantum"), std::string::npos) << unknown.error().message;
    Snapshot future = WithFeatures({});
    future.protocol.min_reader_version = 4;
    EXPECT_EQ(CheckReadable(future).error().condition, "DELTA_INVALID_PROTOCOL_VERSION");
    Snapshot empty = WithFeatures({});
    empty.metadata.schema = DataType::Struct({});
    EXPECT_EQ(CheckReadable(empty).error().condition, "DELTA_READ_TABLE_WITHOUT_COLUMNS");
}

TEST(Features, WritesWhatItCanHonour) {
    EXPECT_TRUE(CheckWritable(WithFeatures({}, {"appendOnly", "invariants", "checkConstraints", "generatedColumns",
                                                "identityColumns", "changeDataFeed", "domainMetadata", "clustering",
                                                "deletionVectors", "inCommitTimestamp", "rowTracking"})));
    EXPECT_EQ(CheckWritable(WithFeatures({}, {"quantum"})).error().condition, "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE");
    Snapshot legacy = WithFeatures({});
    legacy.protocol = {1, 6, std::nullopt, std::nullopt};
    EXPECT_TRUE(CheckWritable(legacy));
    legacy.metadata.configuration["delta.constraints.positive"] = "id > 0";
    EXPECT_FALSE(CheckWritable(legacy));
    Snapshot invariant = WithFeatures({}, {"invariants"});
    SetMetadataText(invariant.metadata.schema.fields[0], "delta.invariants", "{}");
    EXPECT_FALSE(CheckWritable(invariant));
    Snapshot generated = WithFeatures({}, {"generatedColumns"});
    SetMetadataText(generated.metadata.schema.fields[0], "delta.generationExpression", "1");
    EXPECT_FALSE(CheckWritable(generated));
}

TEST(TimeTravel, FindsTheVersionOfATime) {
    TestTable table;
    table.Create();
    for (int i = 1; i <= 3; i++) table.Append("f" + std::to_string(i));
    for (int64_t v = 0; v <= 3; v++) table.store.SetModified(table.log.CommitPath(v), 1000 * (v + 1));
    EXPECT_EQ(*VersionAt(table.store, kRoot, 1000), 0);
    EXPECT_EQ(*VersionAt(table.store, kRoot, 2999), 1);
    EXPECT_EQ(*VersionAt(table.store, kRoot, 3000), 2);
    EXPECT_EQ(*VersionAt(table.store, kRoot, 4000), 3);
    EXPECT_EQ(VersionAt(table.store, kRoot, 999).error().condition, "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION");
    EXPECT_EQ(VersionAt(table.store, kRoot, 4001).error().condition, "DELTA_TIMESTAMP_GREATER_THAN_COMMIT");
    // Copied tables have file times in any order: versions still ascend.
    table.store.SetModified(table.log.CommitPath(2), 10);
    EXPECT_EQ(*VersionAt(table.store, kRoot, 2000), 1);
    EXPECT_EQ(*VersionAt(table.store, kRoot, 2001), 2);
}

TEST(TimeTravel, UsesInCommitTimestamps) {
    TestTable table;
    table.Create({{"delta.enableInCommitTimestamps", "true"}});
    SnapshotPtr first = table.Load();
    ASSERT_TRUE(first);
    int64_t start = first->timestamp_ms;
    EXPECT_GT(start, 1'700'000'100'000) << "the real clock, not the store's";
    table.Append("a");
    SnapshotPtr second = table.Load(std::nullopt, first);
    EXPECT_GT(second->timestamp_ms, start) << "they always ascend";
    EXPECT_EQ(*VersionAt(table.store, kRoot, start), 0);
    EXPECT_EQ(*VersionAt(table.store, kRoot, second->timestamp_ms), 1);
}

TEST(History, ListsCommitsNewestFirst) {
    TestTable table;
    table.Create();
    table.Append("a");
    table.Write(2, {AddLine("commitInfo")});
    auto history = ReadHistory(table.store, kRoot);
    ASSERT_TRUE(history) << history.error().ToString();
    ASSERT_EQ(history->size(), 3u);
    EXPECT_EQ((*history)[0].version, 2);
    EXPECT_FALSE((*history)[0].info) << "the writer left none";
    EXPECT_EQ((*history)[1].info->operation, "WRITE");
    EXPECT_EQ((*history)[1].info->is_blind_append, true);
    EXPECT_EQ((*history)[2].info->operation, "CREATE TABLE");
    EXPECT_EQ(ReadHistory(table.store, kRoot, 1)->size(), 1u);
    EXPECT_EQ(ReadHistory(table.store, kRoot, 1)->front().version, 2);
    EXPECT_EQ(ReadHistory(table.store, "/none").error().condition, "DELTA_MISSING_DELTA_TABLE");
}

}  // namespace
}  // namespace tarn::delta
