#include <sstream>

#include "support.h"

namespace tarn::delta {
namespace {

// Both start from the same snapshot with files p=1/a and p=2/b. The first commits; what does the second get?
// "append" is blind; "read+append" has read the whole table; "delete" reads by predicate and removes that file;
// "truncate" removes p=1/a without reading; "compact" rewrites p=1/a without changing data.
constexpr char kCases[] = R"(
first commit    | second commit   | isolation         | the second gets
append p=1      | append p=1      | WriteSerializable | ok
append p=1      | append p=1      | Serializable      | ok
append p=1      | delete p=1      | WriteSerializable | ok
append p=1      | delete p=1      | Serializable      | DELTA_CONCURRENT_APPEND
append p=2      | delete p=1      | Serializable      | ok
append p=1      | read+append p=1 | WriteSerializable | ok
append p=1      | read+append p=1 | Serializable      | DELTA_CONCURRENT_APPEND
read+append p=1 | read+append p=1 | WriteSerializable | DELTA_CONCURRENT_APPEND
read+append p=1 | append p=1      | WriteSerializable | ok
update p=1      | update p=1      | WriteSerializable | DELTA_CONCURRENT_APPEND
update p=1      | update p=2      | WriteSerializable | ok
update p=2      | read+append p=1 | WriteSerializable | DELTA_CONCURRENT_APPEND
delete p=1      | delete p=1      | WriteSerializable | DELTA_CONCURRENT_DELETE_READ
delete p=2      | delete p=1      | WriteSerializable | ok
delete p=1      | read+append p=1 | WriteSerializable | DELTA_CONCURRENT_DELETE_READ
delete p=1      | append p=1      | WriteSerializable | ok
truncate p=1    | truncate p=1    | WriteSerializable | DELTA_CONCURRENT_DELETE_DELETE
truncate p=1    | truncate p=2    | WriteSerializable | ok
mask p=1        | mask p=1        | WriteSerializable | DELTA_CONCURRENT_DELETE_READ
mask p=1        | mask p=2        | WriteSerializable | ok
compact p=1     | append p=1      | WriteSerializable | ok
append p=1      | compact p=1     | Serializable      | ok
compact p=1     | delete p=1      | WriteSerializable | DELTA_CONCURRENT_APPEND
delete p=1      | compact p=1     | WriteSerializable | DELTA_CONCURRENT_DELETE_READ
metadata p=1    | append p=1      | WriteSerializable | DELTA_METADATA_CHANGED
append p=1      | metadata p=1    | WriteSerializable | ok
protocol p=1    | append p=1      | WriteSerializable | DELTA_PROTOCOL_CHANGED
stream p=1      | stream p=1      | WriteSerializable | DELTA_CONCURRENT_TRANSACTION
stream p=1      | append p=1      | WriteSerializable | ok
domain p=1      | domain p=1      | WriteSerializable | DELTA_CONCURRENT_WRITE
)";

void Describe(Transaction &transaction, const std::string &verb, const std::string &partition, int who) {
    const FilePtr &file = transaction.snapshot()->files[partition == "1" ? 0 : 1];
    std::string fresh = "p=" + partition + "/new" + std::to_string(who);
    auto in_partition = [partition](const AddFile &candidate) {
        return candidate.partition_values.at("p") == partition;
    };
    if (verb == "append" || verb == "read+append" || verb == "stream") transaction.Add(FileOf(fresh, partition));
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
    if (verb == "protocol") transaction.SetProtocol({1, 7, std::nullopt, std::vector<std::string>{"appendOnly"}});
    if (verb == "domain") transaction.SetDomain({"d", std::to_string(who), false});
}

std::string Trim(std::string text) {
    size_t begin = text.find_first_not_of(' ');
    size_t end = text.find_last_not_of(' ');
    return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

std::string Outcome(const std::string &first, const std::string &second, const std::string &isolation) {
    TestTable table;
    table.Create({{"delta.isolationLevel", isolation}});
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
    EXPECT_EQ(cases, 30);
}

}  // namespace
}  // namespace tarn::delta
