#include "dashboards/export.h"

#include <xlsxwriter.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace tarn::dashboards {
namespace {

using engine::CellStyle;

constexpr uint32_t kMaxSheetRows = 1048576;
constexpr size_t kMaxSheetText = 32767;

bool IsText(const DataType &type) { return type.kind == TypeKind::kString || type.IsNested(); }

void AppendCsv(std::string_view text, bool guard, std::string &out) {
    bool formula = guard && !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
    bool quotes = formula || text.find_first_of(",\"\n\r") != std::string_view::npos;
    if (!quotes) {
        out += text;
        return;
    }
    out += '"';
    if (formula) out += '\'';
    for (char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

std::unexpected<Error> CannotWrite(const std::filesystem::path &file, const std::string &why) {
    return Fail(ErrorKind::kIo, "IO_ERROR", "Cannot write " + file.string() + (why.empty() ? "." : ": " + why + "."));
}

// At most `bytes` of it, cut between characters.
std::string Cut(std::string text, size_t bytes) {
    if (text.size() <= bytes) return text;
    size_t end = bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) end--;
    text.resize(end);
    return text;
}

struct Sheet {
    lxw_workbook *book = nullptr;
    lxw_worksheet *sheet = nullptr;
    lxw_format *bold = nullptr, *date = nullptr, *time = nullptr;
};

void WriteCell(const Sheet &to, uint32_t row, uint16_t column, const DataType &type, const std::string &text) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0;
    double second = 0;
    switch (type.kind) {
        case TypeKind::kDate:
        case TypeKind::kTimestamp:
        case TypeKind::kTimestampNtz: {
            int read = std::sscanf(text.c_str(), "%d-%d-%d %d:%d:%lf", &year, &month, &day, &hour, &minute, &second);
            // A spreadsheet's time begins in 1900.
            if (read < 3 || year < 1900 || year > 9999) break;
            lxw_datetime when{year, month, day, hour, minute, second};
            worksheet_write_datetime(to.sheet, row, column, &when, type.kind == TypeKind::kDate ? to.date : to.time);
            return;
        }
        case TypeKind::kBoolean: worksheet_write_boolean(to.sheet, row, column, text == "true", nullptr); return;
        default: break;
    }
    if (type.IsNumeric()) {
        char *end = nullptr;
        double number = std::strtod(text.c_str(), &end);
        bool finite = end != text.c_str() && *end == '\0' && number - number == 0;
        // Longer integers would lose digits.
        if (finite && text.size() <= 15) {
            worksheet_write_number(to.sheet, row, column, number, nullptr);
            return;
        }
    }
    worksheet_write_string(to.sheet, row, column, Cut(text, kMaxSheetText).c_str(), nullptr);
}

}  // namespace

Result<void> WriteCsv(engine::ResultSet &rows, const std::filesystem::path &file) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    if (!out) return CannotWrite(file, "");
    std::string line;
    const auto &columns = rows.columns();
    for (size_t column = 0; column < columns.size(); column++) {
        if (column > 0) line += ',';
        AppendCsv(columns[column].name, true, line);
    }
    line += "\r\n";
    std::string cell;
    while (true) {
        TARN_TRY(bool more, rows.Next());
        if (!more) break;
        for (size_t row = 0; row < rows.batch_rows(); row++) {
            for (size_t column = 0; column < columns.size(); column++) {
                if (column > 0) line += ',';
                if (rows.IsNull(row, column)) continue;
                cell.clear();
                rows.AppendCell(row, column, CellStyle::kSpark, cell);
                AppendCsv(cell, IsText(columns[column].type), line);
            }
            line += "\r\n";
        }
        out << line;
        line.clear();
    }
    out << line;
    out.close();
    if (!out) return CannotWrite(file, "");
    return {};
}

Result<void> WriteXlsx(engine::ResultSet &rows, const std::filesystem::path &file, const std::string &sheet_name) {
    lxw_workbook_options options{};
    options.constant_memory = LXW_TRUE;
    Sheet to;
    to.book = workbook_new_opt(file.c_str(), &options);
    if (to.book == nullptr) return CannotWrite(file, "");
    to.sheet = workbook_add_worksheet(to.book, Cut(sheet_name, 31).c_str());
    to.bold = workbook_add_format(to.book);
    format_set_bold(to.bold);
    to.date = workbook_add_format(to.book);
    format_set_num_format(to.date, "yyyy-mm-dd");
    to.time = workbook_add_format(to.book);
    format_set_num_format(to.time, "yyyy-mm-dd hh:mm:ss");
    const auto &columns = rows.columns();
    auto width = static_cast<uint16_t>(std::min<size_t>(columns.size(), 16384));
    for (uint16_t column = 0; column < width; column++) {
        worksheet_set_column(to.sheet, column, column, 16, nullptr);
        worksheet_write_string(to.sheet, 0, column, columns[column].name.c_str(), to.bold);
    }
    worksheet_freeze_panes(to.sheet, 1, 0);
    uint32_t at = 1;
    std::string cell;
    Result<bool> more = true;
    while (at < kMaxSheetRows && (more = rows.Next()) && *more) {
        for (size_t row = 0; row < rows.batch_rows() && at < kMaxSheetRows; row++, at++) {
            for (uint16_t column = 0; column < width; column++) {
                if (rows.IsNull(row, column)) continue;
                cell.clear();
                rows.AppendCell(row, column, CellStyle::kSpark, cell);
                WriteCell(to, at, column, columns[column].type, cell);
            }
        }
    }
    lxw_error failed = workbook_close(to.book);
    if (!more) return Fail(std::move(more).error());
    if (failed != LXW_NO_ERROR) return CannotWrite(file, lxw_strerror(failed));
    return {};
}

}  // namespace tarn::dashboards
