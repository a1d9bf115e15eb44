// VACUUM's plans, the change feed, clustering columns, arithmetic of deletion vectors.
#include <algorithm>

#include "delta/change_feed.h"
#include "delta/clustering.h"
#include "delta/deletion_vector.h"
#include "delta/vacuum.h"
#include "support.h"

namespace tarn::delta {
namespace {

TEST(DeletionVectorArithmetic, ComplementAndDifference) {
    auto vector = DeletionVector::Of({0, 2, 5, 9});
    EXPECT_EQ(vector.Complement(6).Rows(), (std::vector<uint64_t>{1, 3, 4}));
    EXPECT_EQ(vector.Complement(0).Cardinality(), 0u);
    EXPECT_EQ(DeletionVector().Complement(70000).Cardinality(), 70000u);
    vector.Subtract(DeletionVector::Of({2, 3, 9}));
    EXPECT_EQ(vector.Rows(), (std::vector<uint64_t>{0, 5}));
    vector.Subtract(DeletionVector::Of({0, 5}));
    EXPECT_TRUE(vector.Empty());
    uint64_t far = (uint64_t{1} << 32) + 7;
    auto wide = DeletionVector::Of({1, far});
    EXPECT_EQ(wide.Complement(far + 2).Cardinality(), far + 2 - 2);
    EXPECT_FALSE(wide.Complement(far + 2).Contains(far));
    EXPECT_TRUE(wide.Complement(far + 2).Contains(far + 1));
}

class MaintainedTable : public ::testing::Test {
protected:
    void SetUp() override {
        Metadata metadata;
        metadata.id = "t";
        metadata.schema = SimpleSchema();
        metadata.schema_string = SchemaToJson(metadata.schema);
        metadata.partition_columns = {"p"};
        metadata.configuration["delta.enableChangeDataFeed"] = "true";
        Commit(0, {Protocol{}, metadata});
    }

    void Commit(int64_t version, const std::vector<Action> &actions, int64_t time = 1000) {
        std::vector<std::string> lines;
        for (const Action &action : actions) lines.push_back(ToJson(action));
        table_.Write(version, lines);
        table_.store.SetModified(table_.log.CommitPath(version), time);
    }
    void File(const std::string &path, int64_t time) {
        ASSERT_TRUE(table_.store.Put(kRoot + "/" + path, "x"));
        table_.store.SetModified(kRoot + "/" + path, time);
    }
    SnapshotPtr Load(std::optional<int64_t> version = std::nullopt) {
        LoadOptions options;
        options.version = version;
        auto snapshot = LoadSnapshot(table_.store, kRoot, options);
        EXPECT_TRUE(snapshot) << snapshot.error().ToString();
        return *snapshot;
    }
    static std::vector<std::string> Names(const Result<VacuumPlan> &plan) {
        std::vector<std::string> names;
        if (!plan) return {plan.error().ToString()};
        for (auto &file : plan->files) names.push_back(file.path.substr(kRoot.size() + 1));
        std::ranges::sort(names);
        return names;
    }

    TestTable table_;
};

constexpr int64_t kOld = 1000, kCutoff = 5000, kYoung = 9000;

TEST_F(MaintainedTable, FullVacuumKeepsWhatIsNeededOrYoung) {
    AddFile active = FileOf("p=a/active.parquet", "a"), masked = FileOf("masked.parquet");
    masked.deletion_vector = DeletionVectorDescriptor{'u', "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
    auto vector = DeletionVectorPath(kRoot, *masked.deletion_vector);
    ASSERT_TRUE(vector && *vector);
    Commit(1, {active, masked, FileOf("expired.parquet"), FileOf("recent.parquet")}, kOld);
    Commit(2, {ToRemove(FileOf("expired.parquet"), kOld), ToRemove(FileOf("recent.parquet"), kYoung)}, kYoung);
    for (auto path : {"p=a/active.parquet", "masked.parquet", "expired.parquet", "recent.parquet", "unknown.parquet", "_hidden/x.parquet",
                      ".hidden.parquet", "_change_data/cdc-1.parquet", "_delta_index/x", "deletion_vector_00000000-0000-0000-0000-000000000000.bin"}) {
        File(path, kOld);
    }
    File((*vector)->substr(kRoot.size() + 1), kOld);
    File("being-written.parquet", kYoung);
    EXPECT_EQ(Names(PlanFullVacuum(table_.store, *Load(), kCutoff)),
              (std::vector<std::string>{"_change_data/cdc-1.parquet", "_delta_index/x", "deletion_vector_00000000-0000-0000-0000-000000000000.bin",
                                        "expired.parquet", "unknown.parquet"}));
}

TEST_F(MaintainedTable, InventoryStandsForTheListing) {
    Commit(1, {FileOf("active.parquet")}, kOld);
    std::vector<storage::ObjectInfo> listed = {{kRoot + "/active.parquet", 1, kOld}, {kRoot + "/gone.parquet", 1, kOld},
                                               {kRoot + "/young.parquet", 1, kYoung}, {"/elsewhere/x.parquet", 1, kOld}};
    EXPECT_EQ(Names(PlanFullVacuum(table_.store, *Load(), kCutoff, &listed)), (std::vector<std::string>{"gone.parquet"}));
}

TEST_F(MaintainedTable, LiteVacuumTrustsTheLogOnly) {
    Commit(1, {FileOf("a.parquet"), FileOf("b.parquet"), FileOf("c.parquet")}, kOld);
    Commit(2, {ToRemove(FileOf("a.parquet"), kOld), ToRemove(FileOf("c.parquet"), kOld)}, kOld);
    Commit(3, {ToRemove(FileOf("b.parquet"), kYoung)}, kYoung);
    for (auto path : {"a.parquet", "b.parquet", "stray.parquet"}) File(path, kOld);
    EXPECT_EQ(Names(PlanLiteVacuum(table_.store, *Load(), kCutoff)), (std::vector<std::string>{"a.parquet"}));
    // From where the last one ended, the start of the log may be gone.
    RememberVacuum(table_.store, *Load(), kCutoff);
    ASSERT_TRUE(table_.store.Delete(table_.log.CommitPath(0)));
    ASSERT_TRUE(table_.store.Delete(table_.log.CommitPath(1)));
    auto snapshot = std::make_shared<Snapshot>(Snapshot{.table_root = kRoot});
    EXPECT_EQ(Names(PlanLiteVacuum(table_.store, *snapshot, kCutoff)), std::vector<std::string>{});
    ASSERT_TRUE(table_.store.Delete(kRoot + "/_delta_log/_last_vacuum_info"));
    auto refused = PlanLiteVacuum(table_.store, *snapshot, kCutoff);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().condition, "DELTA_CANNOT_VACUUM_LITE");
}

TEST_F(MaintainedTable, ChangeFeedTellsFilesApart) {
    using Kind = ChangeFile::Kind;
    AddFile a = FileOf("a.parquet", "x"), b = FileOf("b.parquet", "x");
    AddFile a_masked = a, compacted = FileOf("c.parquet", "x");
    a_masked.deletion_vector = InlineDescriptor(DeletionVector::Of({1}));
    compacted.data_change = false;
    Commit(1, {a, b});
    Commit(2, {ToRemove(a, 1), a_masked});
    Commit(3, {ToRemove(a_masked, 1), a, ToRemove(b, 1)});
    Commit(4, {ToRemove(a, 1, false), compacted});
    Commit(5, {ToRemove(compacted, 1), CdcFile{"_change_data/c.parquet", {{"p", "x"}}, 5, {}}, FileOf("d.parquet", "x")});
    auto newest = Load();
    auto changes = ReadChangeFeed(table_.store, *Load(1), 5, newest->metadata);
    ASSERT_TRUE(changes) << changes.error().ToString();
    std::vector<std::pair<int64_t, Kind>> found;
    for (auto &change : *changes) found.emplace_back(change.version, change.kind);
    EXPECT_EQ(found, (std::vector<std::pair<int64_t, Kind>>{{1, Kind::kInserted}, {1, Kind::kInserted}, {2, Kind::kMasked},
                                                            {3, Kind::kUnmasked}, {3, Kind::kDeleted}, {5, Kind::kChangeData}}));
}

TEST_F(MaintainedTable, ChangeFeedNeedsTheProperty) {
    Metadata off = Load()->metadata;
    off.configuration.clear();
    Commit(1, {FileOf("a.parquet")});
    Commit(2, {off});
    auto changes = ReadChangeFeed(table_.store, *Load(1), 2, off);
    ASSERT_FALSE(changes);
    EXPECT_EQ(changes.error().condition, "DELTA_MISSING_CHANGE_DATA");
    auto later = ReadChangeFeed(table_.store, *Load(2), 2, off);
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().condition, "DELTA_MISSING_CHANGE_DATA");
}

TEST_F(MaintainedTable, ChangeFeedDoesNotReadAcrossALostColumn) {
    Metadata changed = Load()->metadata;
    changed.schema.fields.erase(changed.schema.fields.begin());
    changed.schema.fields.push_back({"other", DataType::Of(TypeKind::kLong)});
    changed.schema_string = SchemaToJson(changed.schema);
    Commit(1, {changed});
    auto changes = ReadChangeFeed(table_.store, *Load(0), 1, changed);
    ASSERT_FALSE(changes);
    EXPECT_EQ(changes.error().condition, "DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_DATA_SCHEMA");
}

TEST_F(MaintainedTable, ClusteringColumnsAreKeptByPhysicalName) {
    DataType schema = SimpleSchema();
    SetMetadataText(schema.fields[0], "delta.columnMapping.physicalName", "col-1");
    auto domain = ClusteringDomain(schema, {{"ID"}});
    ASSERT_TRUE(domain);
    EXPECT_EQ(domain->configuration, R"({"clusteringColumns":[["col-1"]],"domainName":"delta.clustering"})");
    EXPECT_FALSE(ClusteringDomain(schema, {{"nothing"}}));
    Snapshot snapshot{.table_root = kRoot};
    snapshot.metadata.schema = schema;
    EXPECT_EQ(*ClusteringColumns(snapshot), std::nullopt);
    snapshot.domains[kClusteringDomain] = *domain;
    EXPECT_EQ(**ClusteringColumns(snapshot), (std::vector<ColumnPath>{{"id"}}));
    snapshot.domains[kClusteringDomain].configuration = R"({"clusteringColumns":[["col-9"]]})";
    EXPECT_FALSE(ClusteringColumns(snapshot));
    snapshot.domains[kClusteringDomain].configuration = "no JSON";
    EXPECT_FALSE(ClusteringColumns(snapshot));
}

}  // namespace
}  // namespace tarn::delta
