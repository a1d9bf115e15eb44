#include <algorithm>
#include <set>
#include <sstream>

#include "delta/stats.h"

#include "support.h"

namespace tarn::delta {
namespace {

// Both start from the same snapshot with files p=1/a and p=2/b of three rows each. The first commits; what does the second
// get? "append" is blind; "read+append" has read the whole table; "delete" reads by predicate and removes that file;
// "truncate" removes p=1/a without reading; "mask" replaces its vector; "compact" rewrites it without changing data.
// By rows: "row0" masks row 0, "rows" all of them; "update0" masks it and adds a file; "insert0" has read it and adds a
// file; "rewrite0" has read it and puts another file in the place of the old one. These three see rows of others that they would have read where those lie in a file that "upsert0" adds.
constexpr char kCases[] = R"(
first commit    | second commit   | isolation         | the second gets
append p=1      | append p=1      | WriteSerializable | ok
append p=1      | append p=1      | Serializable      | ok
append p=1      | delete p=1      | WriteSerializable | ok
append p=1      | delete p=1      | Serializable      | DELTA_CONCURRENT_APPEND.WITH_PARTITION_HINT
append p=2      | delete p=1      | Serializable      | ok
append p=1      | read+append p=1 | WriteSerializable | ok
append p=1      | read+append p=1 | Serializable      | DELTA_CONCURRENT_APPEND.WHOLE_TABLE_READ
read+append p=1 | read+append p=1 | WriteSerializable | DELTA_CONCURRENT_APPEND.WHOLE_TABLE_READ
read+append p=1 | append p=1      | WriteSerializable | ok
update p=1      | update p=1      | WriteSerializable | DELTA_CONCURRENT_APPEND.WITH_PARTITION_HINT
update p=1      | update p=2      | WriteSerializable | ok
update p=2      | read+append p=1 | WriteSerializable | DELTA_CONCURRENT_APPEND.WHOLE_TABLE_READ
delete p=1      | delete p=1      | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT
delete p=2      | delete p=1      | WriteSerializable | ok
delete p=1      | read+append p=1 | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT
delete p=1      | append p=1      | WriteSerializable | ok
truncate p=1    | truncate p=1    | WriteSerializable | DELTA_CONCURRENT_DELETE_DELETE.WITHOUT_HINT
truncate p=1    | truncate p=2    | WriteSerializable | ok
mask p=1        | mask p=1        | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT
mask p=1        | mask p=2        | WriteSerializable | ok
compact p=1     | append p=1      | WriteSerializable | ok
compact p=1     | read+append p=1 | Serializable      | ok
append p=1      | compact p=1     | Serializable      | ok
compact p=1     | delete p=1      | WriteSerializable | DELTA_CONCURRENT_DELETE_DELETE.WITHOUT_HINT
compact p=1     | delete p=2      | Serializable      | ok
compact p=1     | compact p=1     | WriteSerializable | DELTA_CONCURRENT_DELETE_DELETE.WITHOUT_HINT
compact p=1     | compact p=2     | WriteSerializable | ok
delete p=1      | compact p=1     | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT
metadata p=1    | append p=1      | WriteSerializable | DELTA_METADATA_CHANGED
metadata p=1    | compact p=1     | WriteSerializable | DELTA_METADATA_CHANGED
metadata p=1    | row0 p=1        | WriteSerializable | DELTA_METADATA_CHANGED
metadata p=1    | metadata p=1    | WriteSerializable | DELTA_METADATA_CHANGED
append p=1      | metadata p=1    | WriteSerializable | ok
protocol p=1    | append p=1      | WriteSerializable | DELTA_PROTOCOL_CHANGED
protocol p=1    | row0 p=1        | WriteSerializable | DELTA_PROTOCOL_CHANGED
stream p=1      | stream p=1      | WriteSerializable | DELTA_CONCURRENT_TRANSACTION
stream p=1      | append p=1      | WriteSerializable | ok
domain p=1      | domain p=1      | WriteSerializable | DELTA_CONCURRENT_WRITE
row0 p=1        | row0 p=1        | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.ROW_LEVEL_CHANGES
row0 p=1        | row1 p=1        | WriteSerializable | ok
row0 p=1        | row1 p=1        | Serializable      | ok
row0 p=1        | row0 p=2        | Serializable      | ok
row0 p=1        | rows p=1        | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.ROW_LEVEL_CHANGES
rows p=1        | row0 p=1        | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT
truncate p=1    | row0 p=1        | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT
row0 p=1        | truncate p=1    | WriteSerializable | DELTA_CONCURRENT_DELETE_DELETE.WITHOUT_HINT
row0 p=1        | read+append p=1 | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT
compact p=1     | row0 p=1        | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT
compact p=1     | row0 p=2        | Serializable      | ok
row0 p=1        | compact p=1     | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT
row0 p=1        | append p=1      | Serializable      | ok
append p=1      | row0 p=1        | Serializable      | ok
update0 p=1     | update1 p=1     | Serializable      | ok
update0 p=1     | update0 p=1     | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.ROW_LEVEL_CHANGES
update0 p=1     | insert1 p=1     | Serializable      | ok
update0 p=1     | insert0 p=1     | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.ROW_LEVEL_CHANGES
insert0 p=1     | update0 p=1     | Serializable      | ok
upsert0 p=1     | update1 p=1     | WriteSerializable | DELTA_CONCURRENT_APPEND.ROW_LEVEL_CHANGES
upsert0 p=1     | insert1 p=1     | WriteSerializable | DELTA_CONCURRENT_APPEND.ROW_LEVEL_CHANGES
upsert0 p=2     | update1 p=1     | WriteSerializable | ok
upsert0 p=1     | row1 p=1        | WriteSerializable | ok
row1 p=1        | rewrite0 p=1    | WriteSerializable | DELTA_CONCURRENT_DELETE_DELETE.WITHOUT_HINT
row1 p=2        | rewrite0 p=1    | WriteSerializable | ok
rewrite0 p=1    | row1 p=1        | WriteSerializable | DELTA_CONCURRENT_DELETE_READ.WITHOUT_HINT
appendhit p=1   | update0 p=1     | WriteSerializable | ok
appendhit p=1   | update0 p=1     | Serializable      | DELTA_CONCURRENT_APPEND.ROW_LEVEL_CHANGES
)";

bool EndsInDigit(const std::string &verb) { return verb.back() >= '0' && verb.back() <= '9'; }

// The verbs by rows.
void DescribeRows(Transaction &transaction, const std::string &verb, const std::string &partition, int who) {
    const FilePtr &file = transaction.snapshot()->files[partition == "1" ? 0 : 1];
    DeletionVector rows = verb == "rows" ? DeletionVector::Of({0, 1, 2}) : DeletionVector::Of({static_cast<uint64_t>(verb.back() - '0')});
    std::string kind = verb == "rows" ? "row" : verb.substr(0, verb.size() - 1);
    if (kind == "rewrite") transaction.Remove(*file);
    if (kind == "insert" || kind == "rewrite") transaction.ReadRows(*file, std::move(rows));
    else transaction.MaskRows(*file, std::move(rows));
    if (kind == "row") return;
    transaction.Add(FileOf("p=" + partition + (kind == "upsert" ? "/hit" : "/new") + std::to_string(who), partition));
    transaction.ReadNewRows([partition](const std::vector<AddFile> &added) {
        return std::ranges::any_of(added, [&](const AddFile &candidate) { return candidate.path.starts_with("p=" + partition + "/hit"); });
    });
}

void Describe(Transaction &transaction, const std::string &verb, const std::string &partition, int who) {
    const FilePtr &file = transaction.snapshot()->files[partition == "1" ? 0 : 1];
    std::string fresh = "p=" + partition + "/new" + std::to_string(who);
    auto in_partition = [partition](const AddFile &candidate) {
        return candidate.partition_values.at("p") == partition;
    };
    if (EndsInDigit(verb) || verb == "rows") return DescribeRows(transaction, verb, partition, who);
    if (verb == "append" || verb == "read+append" || verb == "stream") transaction.Add(FileOf(fresh, partition));
    if (verb == "appendhit") transaction.Add(FileOf("p=" + partition + "/hit", partition));
    if (verb == "read+append") transaction.ReadTable();
    if (verb == "stream") transaction.SetApplication("flow", 5);
    if (verb == "delete" || verb == "update") {
        transaction.ReadMatching(in_partition);
        transaction.Remove(*file);
    }
    if (verb == "update") transaction.Add(FileOf(fresh, partition));
    if (verb == "truncate") transaction.Remove(*file);
    if (verb == "mask") transaction.ReplaceVector(*file, {'i', "v" + std::to_string(who), {}, 1, 1}, file->stats);
    if (verb == "compact") {
        transaction.ReadFile(*file);
        transaction.Remove(*file, false);
        AddFile compacted = FileOf(fresh, partition);
        compacted.data_change = false;
        transaction.Add(std::move(compacted));
    }
    if (verb == "metadata") {
        Metadata metadata = transaction.snapshot()->metadata;
        metadata.description = "new";
        transaction.SetMetadata(std::move(metadata));
    }
    if (verb == "protocol") {
        Protocol protocol = transaction.snapshot()->protocol;
        protocol.writer_features->push_back("vacuumProtocolCheck");
        protocol.reader_features->push_back("vacuumProtocolCheck");
        transaction.SetProtocol(std::move(protocol));
    }
    if (verb == "domain") transaction.SetDomain({"d", std::to_string(who), false});
}

std::string Trim(std::string text) {
    size_t begin = text.find_first_not_of(' ');
    size_t end = text.find_last_not_of(' ');
    return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

std::string Outcome(const std::string &first, const std::string &second, const std::string &isolation) {
    TestTable table;
    table.Create({{"delta.isolationLevel", isolation}}, true);
    table.Append("p=1/a", "1");
    table.Append("p=2/b", "2");
    SnapshotPtr snapshot = table.Load();
    Transaction winner(table.store, snapshot), loser(table.store, snapshot);
    auto split = [](const std::string &text) {
        return std::pair(text.substr(0, text.find(' ')), text.substr(text.size() - 1));
    };
    Describe(winner, split(first).first, split(first).second, 1);
    Describe(loser, split(second).first, split(second).second, 2);
    auto won = winner.Commit({.operation = "FIRST"});
    EXPECT_TRUE(won) << won.error().ToString();
    auto lost = loser.Commit({.operation = "SECOND"});
    if (!lost) {
        EXPECT_EQ(lost.error().kind, ErrorKind::kConflict);
        EXPECT_NE(lost.error().message.find("SECOND of /lake/t lost a race at version 3"), std::string::npos)
            << lost.error().message;
        EXPECT_FALSE(lost.error().remedy.empty());
        EXPECT_EQ(table.Load()->version, 3) << "nothing was written";
        return lost.error().condition;
    }
    EXPECT_EQ(lost->version, 4);
    EXPECT_EQ(lost->retries, 1);
    return "ok";
}

TEST(Conflicts, FollowTheTable) {
    std::istringstream lines(kCases);
    std::string line;
    int cases = 0;
    while (std::getline(lines, line)) {
        std::istringstream cells(line);
        std::string first, second, isolation, expected;
        if (!std::getline(cells, first, '|') || first.starts_with("first commit")) continue;
        std::getline(cells, second, '|');
        std::getline(cells, isolation, '|');
        std::getline(cells, expected);
        EXPECT_EQ(Outcome(Trim(first), Trim(second), Trim(isolation)), Trim(expected)) << line;
        cases++;
    }
    EXPECT_EQ(cases, 66);
}

std::vector<uint64_t> MaskedRows(TestTable &table, const AddFile &file) {
    if (!file.deletion_vector) return {};
    auto vector = ReadDeletionVector(table.store, kRoot, *file.deletion_vector);
    EXPECT_TRUE(vector) << vector.error().ToString();
    return vector ? vector->Rows() : std::vector<uint64_t>();
}

size_t VectorFiles(TestTable &table) {
    auto listed = table.store.List(kRoot, {.recursive = true});
    return static_cast<size_t>(std::ranges::count_if(*listed, [](const auto &object) { return object.path.ends_with(".bin"); }));
}

TEST(RowMasks, LosersAddTheirRowsToTheWinnersVectors) {
    TestTable table;
    table.Create({}, true);
    table.Append("p=1/a", "1");
    table.Append("p=2/b", "2");
    SnapshotPtr snapshot = table.Load();
    FilePtr a = snapshot->files[0], b = snapshot->files[1];
    Transaction first(table.store, snapshot), second(table.store, snapshot), third(table.store, snapshot);
    first.MaskRows(*a, DeletionVector::Of({0}));
    second.MaskRows(*a, DeletionVector::Of({1}));
    second.MaskRows(*b, DeletionVector::Of({2}));
    third.MaskRows(*a, DeletionVector::Of({2}));
    ASSERT_TRUE(first.Commit({.operation = "DELETE"}));
    ASSERT_TRUE(second.Commit({.operation = "DELETE"}));
    SnapshotPtr now = table.Load();
    ASSERT_EQ(now->files.size(), 2u);
    ASSERT_EQ(PathsOf(*now), "p=2/b p=1/a");
    EXPECT_EQ(MaskedRows(table, *now->files[0]), (std::vector<uint64_t>{2}));
    EXPECT_EQ(MaskedRows(table, *now->files[1]), (std::vector<uint64_t>{0, 1}));
    EXPECT_EQ(VectorFiles(table), 3u) << "that of the lost attempt still holds the rows of b";
    EXPECT_EQ(FileStats(now->files[0]->stats).TightBounds(), false);
    // The last row of the file: it goes, although nobody alone took all of its rows.
    auto done = third.Commit({.operation = "DELETE"});
    ASSERT_TRUE(done) << done.error().ToString();
    EXPECT_EQ(done->retries, 1);
    EXPECT_EQ(PathsOf(*table.Load()), "p=2/b");
    EXPECT_EQ(table.Load()->TotalRows(), 2);
}

TEST(RowMasks, VectorsOfLostAttemptsAreRemoved) {
    TestTable table;
    table.Create({}, true);
    table.Append("p=1/a", "1");
    SnapshotPtr snapshot = table.Load();
    Transaction first(table.store, snapshot), second(table.store, snapshot);
    first.MaskRows(*snapshot->files[0], DeletionVector::Of({0}));
    second.MaskRows(*snapshot->files[0], DeletionVector::Of({1}));
    ASSERT_TRUE(second.Commit({.operation = "DELETE"}));
    ASSERT_TRUE(first.Commit({.operation = "DELETE"}));
    EXPECT_EQ(VectorFiles(table), 2u) << "one a commit";
    Transaction third(table.store, snapshot);
    third.MaskRows(*snapshot->files[0], DeletionVector::Of({1}));
    EXPECT_FALSE(third.Commit({.operation = "DELETE"}));
    EXPECT_EQ(VectorFiles(table), 2u) << "and none of a change that failed";
}

TEST(RowMasks, StandOnVectorsThatWereThere) {
    TestTable table;
    table.Create({}, true);
    table.Append("p=1/a", "1");
    Transaction before(table.store, table.Load());
    before.MaskRows(*before.snapshot()->files[0], DeletionVector::Of({1}));
    ASSERT_TRUE(before.Commit({.operation = "DELETE"}));
    Transaction after(table.store, table.Load());
    after.MaskRows(*after.snapshot()->files[0], DeletionVector::Of({2}));
    ASSERT_TRUE(after.Commit({.operation = "DELETE"}));
    EXPECT_EQ(MaskedRows(table, *table.Load()->files[0]), (std::vector<uint64_t>{1, 2}));
}

TEST(RowMasks, RowsThatARestoreBringsBackConflict) {
    TestTable table;
    table.Create({}, true);
    table.Append("p=1/a", "1");
    SnapshotPtr whole = table.Load();
    Transaction mask(table.store, whole);
    mask.MaskRows(*whole->files[0], DeletionVector::Of({0}));
    ASSERT_TRUE(mask.Commit({.operation = "DELETE"}));
    SnapshotPtr masked = table.Load();
    Transaction restore(table.store, masked), loser(table.store, masked);
    restore.Remove(*masked->files[0]);
    restore.AddExisting(*whole->files[0]);
    loser.MaskRows(*masked->files[0], DeletionVector::Of({1}));
    ASSERT_TRUE(restore.Commit({.operation = "RESTORE"}));
    auto lost = loser.Commit({.operation = "DELETE"});
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().condition, "DELTA_CONCURRENT_APPEND.ROW_LEVEL_CHANGES");
}

TEST(RowMasks, NewStatisticsOfAFileAreKept) {
    TestTable table;
    table.Create({}, true);
    table.Append("p=1/a", "1");
    SnapshotPtr snapshot = table.Load();
    Transaction analyze(table.store, snapshot), loser(table.store, snapshot);
    AddFile richer = *snapshot->files[0];
    richer.stats = R"({"numRecords":3,"minValues":{"id":7}})";
    richer.data_change = false;
    analyze.AddExisting(richer);
    loser.MaskRows(*snapshot->files[0], DeletionVector::Of({1}));
    ASSERT_TRUE(analyze.Commit({.operation = "COMPUTE STATS"}));
    ASSERT_TRUE(loser.Commit({.operation = "DELETE"}));
    EXPECT_NE(table.Load()->files[0]->stats.find("\"id\":7"), std::string::npos);
}

// Every loser in turn, against many winners: whatever the order, each row is masked once and none is lost.
TEST(RowMasks, ManyWritersOfOneFile) {
    for (int seed = 1; seed <= 50; seed++) {
        std::mt19937_64 dice(static_cast<uint64_t>(seed));
        TestTable table;
        table.Create({}, true);
        AddFile wide = FileOf("p=1/a", "1");
        wide.stats = R"({"numRecords":40})";
        Transaction create(table.store, table.Load());
        create.Add(wide);
        ASSERT_TRUE(table.store.Put(kRoot + "/p=1/a", "rows"));
        ASSERT_TRUE(create.Commit({.operation = "WRITE"}));
        std::vector<SnapshotPtr> known{table.Load()};
        std::set<uint64_t> expected;
        for (int turn = 0; turn < 30; turn++) {
            SnapshotPtr base = known[dice() % known.size()];
            uint64_t row = dice() % 40;
            Transaction transaction(table.store, base, {.sleep = [](int64_t) {}});
            std::vector<uint64_t> there = MaskedRows(table, *base->files[0]);
            if (std::ranges::find(there, row) != there.end()) continue;  // A statement would not find it.
            transaction.MaskRows(*base->files[0], DeletionVector::Of({row}));
            auto done = transaction.Commit({.operation = "DELETE"});
            EXPECT_EQ(done.has_value(), expected.insert(row).second) << "seed " << seed << " turn " << turn;
            if (dice() % 2) known.push_back(table.Load());
        }
        EXPECT_EQ(MaskedRows(table, *table.Load()->files[0]), std::vector<uint64_t>(expected.begin(), expected.end())) << "seed " << seed;
    }
}

}  // namespace
}  // namespace tarn::delta
