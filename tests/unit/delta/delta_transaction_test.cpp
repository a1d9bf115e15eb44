#include "delta/deletion_vector.h"
#include "delta/transaction.h"

#include <filesystem>
#include <thread>

#include "storage/local_store.h"
#include "support.h"

namespace tarn::delta {
namespace {

using storage::FaultKind;
using storage::FaultyStore;

TransactionOptions Quick() {
    return {.sleep = [](int64_t) {}};
}

std::string Features(const TableSpec &spec) {
    auto table = DescribeNewTable(spec, 1);
    if (!table) return table.error().condition;
    const Protocol &protocol = table->protocol;
    std::string out = std::to_string(protocol.min_reader_version) + "/" + std::to_string(protocol.min_writer_version);
    for (const std::string &f : protocol.reader_features.value_or(std::vector<std::string>())) out += " r:" + f;
    for (const std::string &f : protocol.writer_features.value_or(std::vector<std::string>())) out += " " + f;
    return out;
}

TEST(NewTable, ListsTheFeaturesItNeeds) {
    DataType schema = SimpleSchema();
    EXPECT_EQ(Features({.schema = schema, .deletion_vectors = false}), "1/2");
    EXPECT_EQ(Features({.schema = schema}), "3/7 r:deletionVectors appendOnly deletionVectors invariants");
    EXPECT_EQ(Features({.schema = schema, .properties = {{"delta.enableDeletionVectors", "false"}}}), "1/2");
    EXPECT_EQ(Features({.schema = schema, .properties = {{"delta.enableChangeDataFeed", "true"}},
                        .deletion_vectors = false}), "1/7 appendOnly changeDataFeed invariants");
    EXPECT_EQ(Features({.schema = DataType::Struct({{"t", DataType::Of(TypeKind::kTimestampNtz)}}),
                        .deletion_vectors = false}), "3/7 r:timestampNtz appendOnly invariants timestampNtz");
    EXPECT_EQ(Features({.schema = schema, .properties = {{"delta.feature.domainMetadata", "supported"},
                                                         {"delta.minReaderVersion", "3"}},
                        .deletion_vectors = false}), "1/7 appendOnly domainMetadata invariants");
    EXPECT_EQ(Features({.schema = schema, .properties = {{"delta.columnMapping.mode", "name"}}}),
              "3/7 r:columnMapping r:deletionVectors appendOnly columnMapping deletionVectors invariants");
    EXPECT_EQ(Features({.schema = schema, .properties = {{"delta.feature.quantum", "supported"}}}),
              "DELTA_UNSUPPORTED_FEATURES_IN_CONFIG");
}

TEST(NewTable, ChecksColumns) {
    DataType schema = SimpleSchema();
    EXPECT_EQ(Features({.schema = DataType::Struct({}), .deletion_vectors = false}), "1/2");
    EXPECT_EQ(Features({.schema = DataType::Struct({{"a b", DataType::Of(TypeKind::kLong)}})}),
              "DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES");
    EXPECT_EQ(Features({.schema = DataType::Struct({{"a", DataType::Of(TypeKind::kLong)},
                                                    {"A", DataType::Of(TypeKind::kLong)}})}), "COLUMN_ALREADY_EXISTS");
    EXPECT_EQ(Features({.schema = schema, .partition_columns = {"x"}}), "UNRESOLVED_COLUMN");
    EXPECT_EQ(Features({.schema = schema, .partition_columns = {"id", "P"}}), "INVALID_PARAMETER_VALUE");
    auto table = DescribeNewTable({.schema = schema, .partition_columns = {"P"}}, 1);
    EXPECT_EQ(table->metadata.partition_columns, std::vector<std::string>{"p"}) << "as the schema spells it";
    EXPECT_EQ(table->metadata.id.size(), 36u);
}

TEST(Transaction, WritesACommitOthersUnderstand) {
    TestTable table;
    table.Create();
    Transaction transaction(table.store, table.Load(), {.now_ms = [] { return 5000; }, .sleep = [](int64_t) {},
                                                        .new_uuid = [] { return "uuid"; }, .engine_info = "T"});
    transaction.Add(FileOf("p=1/a", "1"));
    transaction.SetApplication("flow", 9);
    ASSERT_TRUE(transaction.Commit({.operation = "WRITE", .operation_parameters = R"({"mode":"Append"})",
                                    .operation_metrics = R"({"numFiles":"1"})"}));
    EXPECT_EQ(*table.log.ReadCommit(1),
              R"({"commitInfo":{"timestamp":5000,"operation":"WRITE","operationParameters":{"mode":"Append"},)"
              R"("readVersion":0,"isolationLevel":"WriteSerializable","isBlindAppend":true,)"
              R"("operationMetrics":{"numFiles":"1"},"engineInfo":"T","txnId":"uuid"}})" "\n"
              R"({"txn":{"appId":"flow","version":9,"lastUpdated":5000}})" "\n"
              R"({"add":{"path":"p=1/a","partitionValues":{"p":"1"},"size":100,"modificationTime":1,"dataChange":true,)"
              R"("stats":"{\"numRecords\":3}"}})" "\n");
}

TEST(Transaction, ATableIsCreatedOnce) {
    TestTable table;
    auto spec = DescribeNewTable({.schema = SimpleSchema()}, 1);
    Transaction first(table.store, kRoot, *spec), second(table.store, kRoot, *spec);
    first.Add(FileOf("a", "1"));
    ASSERT_TRUE(first.Commit({.operation = "CREATE TABLE AS SELECT"}));
    EXPECT_EQ(PathsOf(*table.Load()), "a") << "a table and its first rows are one commit";
    auto lost = second.Commit({.operation = "CREATE TABLE"});
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().kind, ErrorKind::kConflict);
}

TEST(Transaction, ATableMadeAnewGetsNoForeignCommit) {
    TestTable table;
    table.Create();
    table.Append("a");
    Transaction late(table.store, table.Load());
    late.Add(FileOf("late", "1"));
    for (int64_t v = 0; v <= 1; v++) ASSERT_TRUE(table.store.Delete(table.log.CommitPath(v)));
    EXPECT_EQ(late.Commit({}).error().condition, "DELTA_CONCURRENT_WRITE");
    table.Create();
    table.Append("b");
    EXPECT_EQ(late.Commit({}).error().condition, "DELTA_CONCURRENT_WRITE");
    EXPECT_EQ(PathsOf(*table.Load()), "b");
}

TEST(Transaction, HonoursTableProperties) {
    TestTable append_only;
    append_only.Create({{"delta.appendOnly", "true"}});
    append_only.Append("a");
    Transaction remove(append_only.store, append_only.Load());
    remove.Remove(*remove.snapshot()->files[0]);
    EXPECT_EQ(remove.Commit({}).error().condition, "DELTA_CANNOT_MODIFY_APPEND_ONLY");

    TestTable feed;
    feed.Create({{"delta.enableChangeDataFeed", "true"}});
    feed.Append("a");
    Transaction overwrite(feed.store, feed.Load());
    overwrite.Remove(*overwrite.snapshot()->files[0]);
    overwrite.Add(FileOf("b", "1"));
    EXPECT_TRUE(overwrite.Commit({})) << "whole files speak for themselves";
    Transaction mask(feed.store, feed.Load());
    mask.ReplaceVector(*mask.snapshot()->files[0], InlineDescriptor(DeletionVector::Of({0})), "");
    mask.Add(FileOf("c", "1"));
    EXPECT_EQ(mask.Commit({}).error().kind, ErrorKind::kUnsupported);
    mask.AddCdc({"_change_data/c", {{"p", "1"}}, 5, {}});
    EXPECT_TRUE(mask.Commit({}));
    EXPECT_FALSE(Transaction(feed.store, feed.Load()).Commit({})) << "a commit without actions";
}

TEST(Transaction, RaisesTheProtocolForNewTypes) {
    TestTable table;
    table.Create();
    Transaction evolve(table.store, table.Load());
    Metadata metadata = evolve.snapshot()->metadata;
    metadata.schema.fields.push_back({"t", DataType::Of(TypeKind::kTimestampNtz)});
    evolve.SetMetadata(metadata);
    ASSERT_TRUE(evolve.Commit({}));
    SnapshotPtr snapshot = table.Load();
    EXPECT_TRUE(snapshot->protocol.HasReaderFeature("timestampNtz"));
    EXPECT_TRUE(snapshot->protocol.HasWriterFeature("appendOnly"));
    EXPECT_NE(snapshot->metadata.schema.FindField("t"), nullptr);
}

TEST(Transaction, AssignsRowIds) {
    TestTable table;
    table.Create({{"delta.feature.rowTracking", "supported"}, {"delta.feature.domainMetadata", "supported"}});
    SnapshotPtr old = table.Load();
    table.Append("a");
    Transaction late(table.store, old);
    late.Add(FileOf("b", "1"));
    late.Add(FileOf("c", "1"));
    ASSERT_TRUE(late.Commit({}));
    SnapshotPtr snapshot = table.Load();
    ASSERT_EQ(snapshot->files.size(), 3u);
    EXPECT_EQ(snapshot->files[0]->base_row_id, 0);
    EXPECT_EQ(snapshot->files[1]->base_row_id, 3);
    EXPECT_EQ(snapshot->files[2]->base_row_id, 6);
    EXPECT_EQ(snapshot->files[2]->default_row_commit_version, 2);
    EXPECT_EQ(snapshot->domains.at("delta.rowTracking").configuration, R"({"rowIdHighWaterMark":8})");
}

TEST(Transaction, ReplaceVectorKeepsOneFile) {
    TestTable table;
    table.Create({}, true);
    table.Append("a");
    Transaction mask(table.store, table.Load());
    const AddFile &file = *mask.snapshot()->files[0];
    mask.ReplaceVector(file, {'i', "xyz", std::nullopt, 3, 1}, file.stats);
    ASSERT_TRUE(mask.Commit({.operation = "DELETE"}));
    SnapshotPtr snapshot = table.Load();
    ASSERT_EQ(snapshot->files.size(), 1u);
    EXPECT_EQ(snapshot->files[0]->deletion_vector->cardinality, 1);
    EXPECT_EQ(snapshot->files[0]->stats, R"({"numRecords":3,"tightBounds":false})");
    EXPECT_EQ(snapshot->TotalRows(), 2);
}

// Whatever happens at any one call of the store: the commit is there exactly when the caller hears so.
TEST(Transaction, SurvivesAFaultAtEveryCall) {
    for (FaultKind kind : {FaultKind::kFail, FaultKind::kLoseAnswer, FaultKind::kLoseWrite}) {
        for (int64_t call = 1; call <= 12; call++) {
            TestTable table;
            table.Create();
            SnapshotPtr old = table.Load();
            table.Append("other");
            FaultyStore faulty(table.store, FaultyStore::FaultAt(call, kind));
            Transaction transaction(faulty, old, Quick());
            transaction.Add(FileOf("ours", "1"));
            auto done = transaction.Commit({});
            EXPECT_TRUE(done) << "one fault must not stop a commit: call " << call << " " << done.error().ToString();
            EXPECT_EQ(PathsOf(*table.Load()), "other ours") << call;
        }
    }
}

TEST(Transaction, AdmitsWhatItCannotKnow) {
    TestTable table;
    table.Create();
    bool broken = false;
    FaultyStore faulty(table.store, [&](const storage::CallInfo &call) {
        if (call.operation == "PutIfAbsent") broken = true;
        return !broken ? FaultKind::kNone : FaultKind::kLoseAnswer;
    });
    Transaction transaction(faulty, table.Load(), Quick());
    transaction.Add(FileOf("ours", "1"));
    auto done = transaction.Commit({});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::kUnknownOutcome);
    EXPECT_NE(done.error().remedy.find("txnId"), std::string::npos);
}

TEST(Transaction, GivesUpOnAFullDisk) {
    TestTable table;
    table.Create();
    FaultyStore faulty(table.store, [](const storage::CallInfo &call) {
        return call.operation == "PutIfAbsent" ? FaultKind::kFail : FaultKind::kNone;
    });
    Transaction transaction(faulty, table.Load(), Quick());
    transaction.Add(FileOf("ours", "1"));
    auto done = transaction.Commit({});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::kIo);
    EXPECT_EQ(PathsOf(*table.Load()), "");
}

class LocalTable : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "tarn-delta-XXXXXX").string();
        root_ = mkdtemp(pattern.data());
        auto table = DescribeNewTable({.schema = SimpleSchema()}, 1);
        ASSERT_TRUE(Transaction(store_, root_, *table).Commit({.operation = "CREATE TABLE"}));
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    std::string root_;
    storage::LocalStore store_{storage::Durability::kProcessCrash};
};

TEST_F(LocalTable, RefusesADataFileThatIsNotThere) {
    Transaction transaction(store_, *LoadSnapshot(store_, root_));
    transaction.Add(FileOf("a%20b"));
    EXPECT_EQ(transaction.Commit({}).error().condition, "DELTA_FILE_NOT_FOUND");
    ASSERT_TRUE(store_.Put(root_ + "/a b", "rows"));
    EXPECT_TRUE(transaction.Commit({}));
}

TEST_F(LocalTable, RacingThreadsAllGetIn) {
    constexpr int kThreads = 4, kCommits = 25;
    std::vector<std::thread> threads;
    std::atomic<int> failures = 0;
    for (int t = 0; t < kThreads; t++) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kCommits; i++) {
                std::string name = std::to_string(t) + "-" + std::to_string(i);
                auto snapshot = LoadSnapshot(store_, root_);
                if (!snapshot || !store_.Put(root_ + "/" + name, "rows")) {
                    failures++;
                    continue;
                }
                Transaction transaction(store_, *snapshot);
                transaction.Add(FileOf(name));
                if (!transaction.Commit({.operation = "WRITE"})) failures++;
            }
        });
    }
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(failures, 0);
    auto snapshot = LoadSnapshot(store_, root_);
    ASSERT_TRUE(snapshot) << snapshot.error().ToString();
    EXPECT_EQ((*snapshot)->version, kThreads * kCommits);
    EXPECT_EQ((*snapshot)->files.size(), size_t{kThreads * kCommits});
}

}  // namespace
}  // namespace tarn::delta
