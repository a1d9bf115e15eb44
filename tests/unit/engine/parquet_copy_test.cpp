// Our writer of Parquet beside DuckDB's reader: random tables of random types come back as they were, and the statistics are
// those that SQL finds. TARN_SEED repeats a run.
#include "engine/internal/parquet_copy.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "duckdb/main/appender.hpp"

namespace tarn::engine {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

class Generator {
public:
    explicit Generator(unsigned seed) : random_(seed) {}

    size_t Below(size_t limit) { return random_() % limit; }

    LogicalType Type(int depth) {
        static const std::vector<LogicalType> kLeaves = {
            LogicalType::BOOLEAN, LogicalType::TINYINT, LogicalType::SMALLINT, LogicalType::INTEGER, LogicalType::BIGINT, LogicalType::FLOAT,
            LogicalType::DOUBLE, LogicalType::VARCHAR, LogicalType::BLOB, LogicalType::DATE, LogicalType::TIMESTAMP, LogicalType::TIMESTAMP_TZ,
            LogicalType::DECIMAL(4, 1), LogicalType::DECIMAL(9, 3), LogicalType::DECIMAL(18, 5), LogicalType::DECIMAL(38, 10)};
        if (depth == 0 || Below(3) > 0) return kLeaves[Below(kLeaves.size())];
        switch (Below(3)) {
            case 0: return LogicalType::LIST(Type(depth - 1));
            case 1: return LogicalType::MAP(Below(2) ? LogicalType::VARCHAR : LogicalType::BIGINT, Type(depth - 1));
            default: {
                duckdb::child_list_t<LogicalType> members;
                for (size_t i = 0, n = 1 + Below(3); i < n; i++) members.emplace_back("m \"" + std::to_string(i), Type(depth - 1));
                return LogicalType::STRUCT(std::move(members));
            }
        }
    }

    // `choices`: about so many different ones.
    Value Of(const LogicalType &type, size_t choices, size_t null_in) {
        if (Below(null_in) == 0) return Value(type);
        auto number = static_cast<int64_t>(Below(choices)) * 7919 - static_cast<int64_t>(choices) * 3000;
        switch (type.id()) {
            case LogicalTypeId::BOOLEAN: return Value::BOOLEAN(number % 2 == 0);
            case LogicalTypeId::TINYINT: return Value::TINYINT(static_cast<int8_t>(number));
            case LogicalTypeId::SMALLINT: return Value::SMALLINT(static_cast<int16_t>(number));
            case LogicalTypeId::INTEGER: return Value::INTEGER(static_cast<int32_t>(number));
            case LogicalTypeId::BIGINT: return Value::BIGINT(number * 1'000'000'007);
            case LogicalTypeId::FLOAT: return Value::FLOAT(Below(40) == 0 ? NAN : static_cast<float>(number) / 8);
            case LogicalTypeId::DOUBLE: return Value::DOUBLE(Below(40) == 0 ? -0.0 : static_cast<double>(number) / 8);
            case LogicalTypeId::VARCHAR: return Value(Text(number));
            case LogicalTypeId::BLOB: return Value::BLOB_RAW(Text(number) + std::string(1, '\0'));
            case LogicalTypeId::DATE: return Value::DATE(duckdb::date_t(static_cast<int32_t>(number % 100000)));
            case LogicalTypeId::TIMESTAMP: return Value::TIMESTAMP(duckdb::timestamp_t(number * 1'000'003));
            case LogicalTypeId::TIMESTAMP_TZ: return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(number * 1'000'003));
            case LogicalTypeId::DECIMAL: {
                uint8_t width = duckdb::DecimalType::GetWidth(type), scale = duckdb::DecimalType::GetScale(type);
                if (width == 38) return Value::DECIMAL(duckdb::hugeint_t(number) * duckdb::hugeint_t(1'000'000'000'000'000'000), width, scale);
                return Value::DECIMAL(number % (width == 4 ? 9999 : 999'999'999), width, scale);
            }
            case LogicalTypeId::LIST: {
                duckdb::vector<Value> elements;
                for (size_t i = 0, n = Below(5); i < n; i++) elements.push_back(Of(duckdb::ListType::GetChildType(type), choices, null_in));
                return Value::LIST(duckdb::ListType::GetChildType(type), std::move(elements));
            }
            case LogicalTypeId::MAP: {
                duckdb::vector<Value> keys, values;
                for (size_t i = 0, n = Below(4); i < n; i++) {
                    bool text = duckdb::MapType::KeyType(type).id() == LogicalTypeId::VARCHAR;
                    keys.push_back(text ? Value("k" + std::to_string(i)) : Value::BIGINT(static_cast<int64_t>(i)));
                    values.push_back(Of(duckdb::MapType::ValueType(type), choices, null_in));
                }
                return Value::MAP(duckdb::MapType::KeyType(type), duckdb::MapType::ValueType(type), std::move(keys), std::move(values));
            }
            default: {
                duckdb::child_list_t<Value> members;
                for (auto &[name, child] : duckdb::StructType::GetChildTypes(type)) members.emplace_back(name, Of(child, choices, null_in));
                return Value::STRUCT(std::move(members));
            }
        }
    }

private:
    static std::string Text(int64_t number) {
        std::string text = std::to_string(number);
        if (number % 5 == 0) text = "ünï-" + text + "-" + std::string(static_cast<size_t>(number % 3 == 0 ? 40 : 9), 'z');
        if (number % 7 == 0) text.clear();
        return text;
    }
    std::mt19937 random_;
};

class ParquetCopy : public ::testing::Test {
protected:
    ParquetCopy() : db_(nullptr), connection_(db_) {
        RegisterParquetCopy(*db_.instance);
        const char *given = std::getenv("TARN_SEED");
        seed_ = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
        folder_ = std::filesystem::temp_directory_path() / ("tarn_parquet_copy_" + std::to_string(getpid()));
        std::filesystem::create_directories(folder_);
        Run("SET threads = 1");
        Run("SET TimeZone = 'UTC'");
    }
    ~ParquetCopy() override { std::filesystem::remove_all(folder_); }

    duckdb::unique_ptr<duckdb::MaterializedQueryResult> Run(const std::string &sql) {
        auto result = connection_.Query(sql);
        if (result->HasError()) ADD_FAILURE() << sql << "\n" << result->GetError();
        return result;
    }
    std::string File(const std::string &name) const { return (folder_ / name).string(); }
    std::string Text(const std::string &sql) { return Run(sql)->GetValue(0, 0).ToString(); }
    // Rows that one of two FROM items has more often than the other.
    std::string Differences(const std::string &one, const std::string &other) {
        auto less = [](const std::string &from, const std::string &what) { return "(SELECT count(*) FROM (FROM " + from + " EXCEPT ALL FROM " + what + "))"; };
        return Text("SELECT " + less(one, other) + " + " + less(other, one));
    }
    // A query's rows, written and read again.
    void ExpectToComeBack(const std::string &query, const std::string &options = "") {
        SCOPED_TRACE(query);
        std::string file = File("back.parquet");
        Run("COPY (" + query + ") TO '" + file + "' (FORMAT tarn_parquet" + options + ")");
        EXPECT_EQ(Differences("(" + query + ")", "read_parquet('" + file + "')"), "0");
    }
    // min, max, null_count, has_nan of a column of the file that `copied` tells of; "" where it is silent.
    static std::map<std::string, std::string> StatsOf(duckdb::MaterializedQueryResult &copied, const std::string &column) {
        std::map<std::string, std::string> found;
        Value columns = copied.GetValue(4, 0);
        for (auto &entry : duckdb::MapValue::GetChildren(columns)) {
            auto &pair = duckdb::StructValue::GetChildren(entry);
            if (pair[0].ToString() != column) continue;
            for (auto &measure : duckdb::MapValue::GetChildren(pair[1])) {
                auto &item = duckdb::StructValue::GetChildren(measure);
                found[item[0].ToString()] = item[1].ToString();
            }
        }
        return found;
    }

    duckdb::DuckDB db_;
    duckdb::Connection connection_;
    std::filesystem::path folder_;
    unsigned seed_;
};

void ExpectSameRows(duckdb::MaterializedQueryResult &expected, duckdb::MaterializedQueryResult &found) {
    ASSERT_EQ(expected.RowCount(), found.RowCount());
    for (duckdb::idx_t row = 0; row < expected.RowCount(); row++) {
        for (duckdb::idx_t column = 0; column < expected.ColumnCount(); column++) {
            ASSERT_EQ(expected.GetValue(column, row).ToString(), found.GetValue(column, row).ToString()) << "row " << row << " column " << column;
        }
    }
}

TEST_F(ParquetCopy, RandomTablesComeBack) {
    SCOPED_TRACE("TARN_SEED=" + std::to_string(seed_));
    Generator generate(seed_);
    const char *codecs[] = {"snappy", "zstd", "uncompressed", "gzip", "lz4_raw", "brotli"};
    for (int round = 0; round < 40; round++) {
        SCOPED_TRACE("round " + std::to_string(round));
        std::vector<LogicalType> types;
        std::string columns;
        for (size_t i = 0, n = 1 + generate.Below(5); i < n; i++) {
            types.push_back(generate.Type(3));
            columns += (columns.empty() ? "c" : ", c") + std::to_string(i) + " " + types.back().ToString();
        }
        Run("CREATE OR REPLACE TABLE t (" + columns + ")");
        size_t rows = round % 10 == 0 ? 0 : generate.Below(round % 3 == 0 ? 9000 : 40);
        size_t choices = generate.Below(2) ? 12 : 1'000'000, null_in = generate.Below(3) ? 6 : 1'000'000;
        {
            duckdb::Appender appender(connection_, "t");
            for (size_t row = 0; row < rows; row++) {
                appender.BeginRow();
                for (auto &type : types) appender.Append(generate.Of(type, choices, null_in));
                appender.EndRow();
            }
        }
        std::string file = File("t.parquet");
        auto copied = Run("COPY t TO '" + file + "' (FORMAT tarn_parquet, COMPRESSION " + codecs[round % 6] + ", RETURN_STATS)");
        auto found = Run("SELECT * FROM read_parquet('" + file + "')");
        ASSERT_NO_FATAL_FAILURE(ExpectSameRows(*Run("SELECT * FROM t"), *found));
        for (size_t i = 0; i < types.size(); i++) EXPECT_EQ(found->types[i], types[i]);
        EXPECT_EQ(copied->GetValue(1, 0).GetValue<uint64_t>(), rows);
        EXPECT_EQ(copied->GetValue(2, 0).GetValue<uint64_t>(), std::filesystem::file_size(file));
        for (size_t i = 0; i < types.size(); i++) {
            if (types[i].IsNested()) continue;
            std::string name = "c" + std::to_string(i);
            auto stats = StatsOf(*copied, "\"" + name + "\"");
            bool floating = types[i].id() == LogicalTypeId::FLOAT || types[i].id() == LogicalTypeId::DOUBLE;
            std::string value = floating ? "CASE WHEN isnan(" + name + ") THEN NULL ELSE " + name + " END" : name;
            auto facts = Run("SELECT min(" + value + "), max(" + value + "), count(*) - count(" + name + ") FROM t");
            EXPECT_EQ(stats["null_count"], facts->GetValue(2, 0).ToString());
            if (types[i].id() == LogicalTypeId::BLOB) {
                EXPECT_FALSE(stats.contains("min"));
                continue;
            }
            for (int bound : {0, 1}) {
                auto fact = facts->GetValue(static_cast<duckdb::idx_t>(bound), 0);
                std::string key = bound == 0 ? "min" : "max";
                EXPECT_EQ(stats.contains(key), !fact.IsNull());
                if (fact.IsNull()) continue;
                if (floating) {
                    EXPECT_EQ(std::stod(stats[key]), std::stod(fact.ToString()));
                } else {
                    EXPECT_EQ(stats[key], fact.ToString());
                }
            }
        }
    }
}

// Dictionaries begun, kept and left; several row groups; what readers skip by.
TEST_F(ParquetCopy, ManyRowsOfAllKindsOfRepetition) {
    Run("CREATE TABLE t AS SELECT i, i % 600 AS few, CAST(hash(i) % 20000 AS BIGINT) AS many, i // 3 AS thrice, 'key-of-24-characters-' || i AS key, "
        "'user number ' || (hash(i + 7) % 15000) AS \"user\", CASE WHEN i > 130000 THEN i END AS late, CASE WHEN i % 11 > 0 THEN i % 5 END AS gaps, "
        "[i, i % 3] AS list, CASE WHEN i % 122880 < 100000 THEN ['a', 'b'] ELSE ['long text number ' || hash(i), i || ' and another long one'] END AS texts, i % 2 = 0 AS even, 'constant' AS constant, NULL::INTEGER AS nothing FROM range(300000) r(i)");
    std::string file = File("many.parquet");
    Run("COPY t TO '" + file + "' (FORMAT tarn_parquet)");
    auto difference = Run("SELECT count(*) FROM (FROM t EXCEPT ALL FROM read_parquet('" + file + "'))");
    EXPECT_EQ(difference->GetValue(0, 0).ToString(), "0");
    EXPECT_EQ(Run("SELECT count(*) FROM read_parquet('" + file + "')")->GetValue(0, 0).ToString(), "300000");
    auto groups = Run("SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata('" + file + "') ORDER BY 1");
    ASSERT_EQ(groups->RowCount(), 3u);
    EXPECT_EQ(groups->GetValue(1, 0).ToString(), "122880");
    auto encodings = Run("SELECT path_in_schema, max(encodings) FROM parquet_metadata('" + file + "') GROUP BY 1");
    std::map<std::string, std::string> by_column;
    for (duckdb::idx_t row = 0; row < encodings->RowCount(); row++) by_column[encodings->GetValue(0, row).ToString()] = encodings->GetValue(1, row).ToString();
    for (const char *column : {"few", "many", "user", "gaps", "constant"}) EXPECT_NE(by_column[column].find("DICTIONARY"), std::string::npos) << column;
    for (const char *column : {"i", "key", "thrice", "nothing"}) EXPECT_EQ(by_column[column].find("DICTIONARY"), std::string::npos) << column;
    // Bounds in the footers are true: what is looked for by them is found.
    EXPECT_EQ(Run("SELECT count(*) FROM read_parquet('" + file + "') WHERE i = 250000 OR key = 'key-of-24-characters-5'")->GetValue(0, 0).ToString(), "2");
    EXPECT_EQ(Run("SELECT count(*) FROM read_parquet('" + file + "') WHERE late IS NOT NULL")->GetValue(0, 0).ToString(), "169999");
}

// A text of 5 to 50 KB in each element, so that pages end within a batch, between rows whose lists are NULL, empty or hold NULLs.
TEST_F(ParquetCopy, ListsOfLongTextsOverPagesAndRowGroups) {
    Run("CREATE TABLE t AS SELECT i, CASE WHEN i % 17 = 0 THEN NULL WHEN i % 5 = 0 THEN [] ELSE [CASE WHEN (i + k) % 7 = 0 THEN NULL ELSE "
        "{'text': CASE WHEN (i + k) % 11 = 0 THEN NULL ELSE repeat(md5(concat(i, ':', k)), 160 + (hash(i, k) % 1400)::INTEGER) END, "
        "'number': CASE WHEN (i + k) % 3 > 0 THEN i * 10 + k END} END FOR k IN range(i % 4)] END AS items, i AS after FROM range(2500) r(i)");
    ExpectToComeBack("FROM t", ", COMPRESSION uncompressed");
    EXPECT_GE(std::stoi(Text("SELECT count(DISTINCT row_group_id) FROM parquet_metadata('" + File("back.parquet") + "')")), 2);
    ExpectToComeBack("FROM t");
}

TEST_F(ParquetCopy, DictionariesOfListsOutliveAPage) {
    Run("CREATE TABLE t AS SELECT i, [(hash(i, k) % 500)::BIGINT FOR k IN range(11)] AS numbers, "
        "['word number ' || (hash(k, i) % 900) FOR k IN range(10)] AS words, "
        "[[CASE WHEN (i + k) % 9 > 0 THEN 'tag ' || (i + k) % 7 END FOR k IN range(i % 5)], [], NULL] AS tags FROM range(60000) r(i)");
    ExpectToComeBack("FROM t");
    auto chunks = Run("SELECT num_values, encodings LIKE '%DICTIONARY%' FROM parquet_metadata('" + File("back.parquet") + "') WHERE path_in_schema <> 'i'");
    ASSERT_EQ(chunks->RowCount(), 3u);
    for (duckdb::idx_t row = 0; row < 3; row++) {
        EXPECT_GT(chunks->GetValue(0, row).GetValue<int64_t>(), 131072 + 4096);
        EXPECT_EQ(chunks->GetValue(1, row).ToString(), "true");
    }
}

// What filters, joins and constants hand on: slots that are selected, that several rows share, and NULLs of types with parts.
TEST_F(ParquetCopy, VectorsThatAreNotFlat) {
    Run("CREATE TABLE t AS SELECT i, CASE WHEN i % 4 > 0 THEN [i, NULL, i * 2] END AS list, "
        "CASE WHEN i % 5 > 0 THEN {'a': i, 'b': CASE WHEN i % 3 > 0 THEN ['text ' || i, 'and more than twelve bytes of it'] END} END AS pair, "
        "CASE WHEN i % 6 > 0 THEN MAP {'key ' || i: [i], 'other': NULL} END AS map, 'a text that is longer than a slot ' || i % 50 AS text FROM range(7000) r(i)");
    ExpectToComeBack("FROM t WHERE i % 3 = 0");
    ExpectToComeBack("SELECT pair.b, list[2:3] AS part, pair.a, map_values(map) AS found FROM t WHERE i % 7 < 2");
    ExpectToComeBack("SELECT few.*, r.range % 13 AS n FROM range(9000) r JOIN (FROM t WHERE i < 40) few ON few.i = r.range % 40");
    ExpectToComeBack("SELECT r.range AS n, t.* FROM range(0, 9000, 3) r LEFT JOIN t ON t.i = r.range");
    ExpectToComeBack("SELECT [1, NULL, 3] AS list, {'a': NULL::INTEGER, 'b': ['x', NULL]} AS pair, "
                     "MAP {'k': [1, 2]} AS map, 'constant' AS text, range AS n FROM range(5000)");
    ExpectToComeBack("SELECT NULL::INTEGER[] AS list, NULL::STRUCT(a INTEGER, b VARCHAR[]) AS pair, "
                     "NULL::MAP(VARCHAR, INTEGER) AS map, []::VARCHAR[][] AS empty, range AS n FROM range(5000)");
    ExpectToComeBack("SELECT list, list AS again, [list, list] AS twice, {'one': pair, 'two': pair} AS pairs FROM t WHERE i % 2 = 0");
    ExpectToComeBack("SELECT i, unnest(list) AS element, map FROM t WHERE i % 3 > 0");
}

TEST_F(ParquetCopy, ManyThreadsAndFiles) {
    Run("SET threads = 4");
    Run("SET preserve_insertion_order = false");
    Run("SET partitioned_write_max_open_files = 20");
    Run("SET partitioned_write_flush_threshold = 20000");
    Run("CREATE TABLE t AS SELECT i, i % 60 AS p, md5(i::VARCHAR) AS key, 'user ' || hash(i) % 3000 AS \"user\", [i, i % 3, NULL] AS list FROM range(500000) r(i)");
    for (std::string options : {"FILE_SIZE_BYTES '2MB'", "PARTITION_BY (p), WRITE_PARTITION_COLUMNS true"}) {
        SCOPED_TRACE(options);
        std::string folder = File("many" + std::to_string(options.size()));
        auto copied = Run("COPY t TO '" + folder + "' (FORMAT tarn_parquet, RETURN_STATS, " + options + ")");
        EXPECT_GE(copied->RowCount(), 5u);
        uint64_t rows = 0;
        for (duckdb::idx_t row = 0; row < copied->RowCount(); row++) {
            rows += copied->GetValue(1, row).GetValue<uint64_t>();
            EXPECT_EQ(copied->GetValue(2, row).GetValue<uint64_t>(), std::filesystem::file_size(copied->GetValue(0, row).ToString()));
        }
        EXPECT_EQ(rows, 500000u);
        EXPECT_EQ(Differences("t", "read_parquet('" + folder + "/**/*.parquet', hive_partitioning = false)"), "0");
    }
}

// As JSON has numbers: Delta's statistics are JSON.
TEST_F(ParquetCopy, DecimalsBelowOneHaveAZeroBeforeThePoint) {
    std::string file = File("decimals.parquet");
    auto copied = Run("COPY (SELECT CASE WHEN i = 0 THEN -0.05 ELSE 0.05 END::DECIMAL(2, 2) AS a, CASE WHEN i = 0 THEN -0.5 ELSE 0.25 END::DECIMAL(38, 38) AS b, "
                      "CASE WHEN i = 0 THEN -0.5 ELSE 10.5 END::DECIMAL(4, 2) AS c FROM range(2) r(i)) TO '" + file + "' (FORMAT tarn_parquet, RETURN_STATS)");
    auto a = StatsOf(*copied, "\"a\""), b = StatsOf(*copied, "\"b\""), c = StatsOf(*copied, "\"c\"");
    EXPECT_EQ(a["min"] + " " + a["max"], "-0.05 0.05");
    EXPECT_EQ(b["min"] + " " + b["max"], "-0.50000000000000000000000000000000000000 0.25000000000000000000000000000000000000");
    EXPECT_EQ(c["min"] + " " + c["max"], "-0.50 10.50");
    std::string rows = "(VALUES (-0.05::DECIMAL(2, 2), -0.5::DECIMAL(38, 38), -0.5::DECIMAL(4, 2)), (0.05, 0.25, 10.5)) v(a, b, c)";
    EXPECT_EQ(Differences("read_parquet('" + file + "')", rows), "0");
}

TEST_F(ParquetCopy, FieldIdsAreWhereTheyAreAsked) {
    Run("CREATE TABLE t AS SELECT 1 AS a, {'x': 2, 'y': [3]} AS s, MAP {'k': 4} AS m");
    std::string file = File("ids.parquet");
    Run("COPY t TO '" + file + "' (FORMAT tarn_parquet, FIELD_IDS [11, 12, 13, 14, 0, 15, 0, 16])");
    auto schema = Run("SELECT name, field_id FROM parquet_schema('" + file + "') WHERE field_id IS NOT NULL");
    std::string found;
    for (duckdb::idx_t row = 0; row < schema->RowCount(); row++) found += schema->GetValue(0, row).ToString() + schema->GetValue(1, row).ToString() + " ";
    EXPECT_EQ(found, "a11 s12 x13 y14 m15 value16 ");
}

TEST_F(ParquetCopy, WhatHasNoPlaceIsRefused) {
    auto expect = [&](const std::string &query, const std::string &options, const std::string &complaint) {
        std::string error = connection_.Query("COPY (" + query + ") TO '" + File("refused") + "' (FORMAT tarn_parquet" + options + ")")->GetError();
        EXPECT_NE(error.find(complaint), std::string::npos) << error;
    };
    expect("SELECT INTERVAL 1 DAY AS i", "", "no place for the type");
    expect("SELECT 1", ", SPEED 9", "no option");
    expect("SELECT 1", ", COMPRESSION lzo", "no codec lzo");
    expect("SELECT 1 AS a, 2 AS b", ", FIELD_IDS [1]", "FIELD_IDS: too few");
    expect("SELECT 1 AS a, 2 AS b", ", FIELD_IDS [1, 2, 3]", "FIELD_IDS: too many");
}

}  // namespace
}  // namespace tarn::engine
