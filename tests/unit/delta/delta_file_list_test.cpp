#include "delta/file_list.h"

#include "support.h"

namespace tarn::delta {
namespace {

std::string StatsOfRow(uint64_t row) { return R"({"numRecords":)" + std::to_string(row) + "}"; }

// A checkpoint file whose row n has the statistics StatsOfRow(n), except that every tenth has none.
struct LateFile {
    int reads = 0;
    bool gone = false;
    std::shared_ptr<const LateStats> stats = std::make_shared<const LateStats>([this]() -> Result<std::vector<LateStats::Segment>> {
        reads++;
        if (gone) return Fail(ErrorKind::kNotFound, "FAILED_READ_FILE", "gone");
        std::vector<LateStats::Segment> segments;
        for (uint64_t first : {200, 0}) {  // As threads deliver them.
            LateStats::Segment segment{first, {}};
            for (uint64_t row = first; row < first + 100; row++) segment.texts.Append(row % 10 == 0 ? "" : StatsOfRow(row));
            segments.push_back(std::move(segment));
        }
        return segments;
    });
};

FileRows RowsFrom(LateFile &file, std::initializer_list<uint32_t> rows) {
    FileChunkBuilder builder("/lake/t", file.stats);
    for (uint32_t row : rows) {
        std::string path = "f" + std::to_string(row);
        builder.Append(FileFields{.path = path, .late_stats = row});
    }
    FileRows out;
    out.Append(builder.Finish());
    return out;
}

TEST(LateStats, AreReadOnceWhenSomebodyAsks) {
    LateFile file;
    FileRows rows = RowsFrom(file, {1, 10, 251, 150});
    EXPECT_EQ(rows.row(2).path(), "f251");
    EXPECT_EQ(file.reads, 0);
    EXPECT_EQ(rows.row(2).stats(), StatsOfRow(251));
    EXPECT_EQ(rows.row(0).ToAdd().stats, StatsOfRow(1));
    EXPECT_EQ(rows.row(1).stats(), "") << "the row has none";
    EXPECT_EQ(rows.row(3).stats(), "") << "no segment has that row";
    EXPECT_TRUE(rows.LoadStats());
    EXPECT_EQ(file.reads, 1);
}

TEST(LateStats, StayLateWhereListsAreTidied) {
    LateFile file;
    FileRows rows = RowsFrom(file, {1, 2});
    FileRows more = RowsFrom(file, {205});
    rows.Append(more.parts()[0].chunk);
    rows.Append(RowsOf("/lake/t", std::vector<FilePtr>{std::make_shared<const AddFile>(FileOf("own"))}).parts()[0].chunk);
    LateFile other;
    rows.Append(RowsFrom(other, {3}).parts()[0].chunk);
    rows.Tidy("/lake/t");
    EXPECT_EQ(rows.parts().size(), 1u);
    EXPECT_EQ(file.reads, 0);
    std::string all;
    rows.ForEach([&](const FileRow &row) { all += std::string(row.path()) + std::string(row.stats()) + " "; });
    EXPECT_EQ(all, "f1" + StatsOfRow(1) + " f2" + StatsOfRow(2) + " f205" + StatsOfRow(205) + " own" + R"({"numRecords":3} )" + "f3" + StatsOfRow(3) + " ");
}

TEST(LateStats, ThatAreGoneAreAnErrorForWhoNeedsThem) {
    LateFile file;
    file.gone = true;
    FileRows rows = RowsFrom(file, {1});
    EXPECT_FALSE(rows.StatsFailed());
    EXPECT_EQ(rows.row(0).stats(), "");
    EXPECT_TRUE(rows.StatsFailed());
    EXPECT_FALSE(rows.LoadStats());
    int reads = file.reads;
    EXPECT_EQ(rows.row(0).stats(), "");
    EXPECT_EQ(file.reads, reads) << "one failure answers for all rows";
    file.gone = false;
    EXPECT_TRUE(rows.LoadStats()) << "the next one who needs them tries again";
    EXPECT_EQ(rows.row(0).stats(), StatsOfRow(1));
}

}  // namespace
}  // namespace tarn::delta
