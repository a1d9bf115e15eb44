#include "cli/output.h"

#include <cwchar>
#include <unistd.h>

#include <algorithm>

namespace tarn::cli {
namespace {

constexpr size_t kTableRows = 10'000;    // Rows that a table's widths are measured on.
constexpr size_t kMaxCellWidth = 100;    // Longer cells are cut in tables; the other formats print everything.

// One line, printable: line breaks and tabs become visible marks.
std::string TableCell(const std::string &text) {
    std::string out;
    size_t width = 0;
    for (size_t i = 0; i < text.size();) {
        size_t length = 1;
        auto lead = static_cast<unsigned char>(text[i]);
        if (lead >= 0xF0) length = 4;
        else if (lead >= 0xE0) length = 3;
        else if (lead >= 0xC0) length = 2;
        std::string_view one = std::string_view(text).substr(i, length);
        i += length;
        std::string shown(one);
        if (one == "\n") shown = "\\n";
        else if (one == "\r") shown = "\\r";
        else if (one == "\t") shown = "\\t";
        else if (lead < 0x20 || lead == 0x7F) shown = "?";
        width += DisplayWidth(shown);
        if (width > kMaxCellWidth - 1) return out + "…";
        out += shown;
    }
    return out;
}

void PrintLine(const std::vector<std::string> &cells, const std::vector<size_t> &widths, const std::vector<bool> &right, std::FILE *out) {
    std::string line;
    for (size_t i = 0; i < cells.size(); i++) {
        line += i == 0 ? " " : " | ";
        line += Pad(cells[i], widths[i], right[i]);
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    std::fprintf(out, "%s\n", line.c_str());
}

Result<void> PrintTable(engine::ResultSet &result, std::FILE *out) {
    auto &columns = result.columns();
    std::vector<std::string> names;
    std::vector<size_t> widths;
    std::vector<bool> right;
    for (auto &column : columns) {
        names.push_back(TableCell(column.name));
        widths.push_back(DisplayWidth(names.back()));
        right.push_back(column.type.IsNumeric());
    }
    // A plan or a CREATE statement is one text of many lines: shown as it is.
    bool text_only = columns.size() == 1 && (columns[0].name == "plan" || columns[0].name == "createtab_stmt");
    std::vector<std::vector<std::string>> pending;
    bool header_printed = false;
    size_t rows = 0;
    auto flush = [&] {
        if (!header_printed) {
            PrintLine(names, widths, std::vector<bool>(names.size(), false), out);
            std::string rule;
            for (size_t width : widths) rule += (rule.empty() ? "" : "+") + std::string(width + 2, '-');
            std::fprintf(out, "%s\n", rule.c_str());
            header_printed = true;
        }
        for (auto &cells : pending) PrintLine(cells, widths, right, out);
        pending.clear();
    };
    while (true) {
        TARN_TRY(bool more, result.Next());
        if (!more) break;
        for (size_t row = 0; row < result.batch_rows(); row++, rows++) {
            std::vector<std::string> cells;
            for (size_t i = 0; i < columns.size(); i++) {
                std::string cell;
                result.AppendCell(row, i, engine::CellStyle::kSpark, cell);
                if (text_only) std::fprintf(out, "%s\n", cell.c_str());
                cells.push_back(TableCell(cell));
                if (!header_printed) widths[i] = std::max(widths[i], DisplayWidth(cells.back()));
            }
            pending.push_back(std::move(cells));
        }
        if (rows >= kTableRows) flush();
    }
    if (text_only) return {};
    flush();
    std::fprintf(out, "(%s %s)\n\n", Thousands(static_cast<int64_t>(rows)).c_str(), rows == 1 ? "row" : "rows");
    return {};
}

std::string CsvField(const std::string &text) {
    if (text.find_first_of("\",\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

void AppendRow(const engine::ResultSet &result, size_t row, Format format, std::string &out) {
    auto &columns = result.columns();
    if (format == Format::kJsonl) out += '{';
    for (size_t i = 0; i < columns.size(); i++) {
        if (i > 0) out += format == Format::kTsv ? '\t' : ',';
        if (format == Format::kTsv) {
            result.AppendCell(row, i, engine::CellStyle::kSpark, out);
        } else if (format == Format::kJsonl) {
            AppendJsonString(columns[i].name, out);
            out += ':';
            result.AppendCell(row, i, engine::CellStyle::kJson, out);
        } else if (!result.IsNull(row, i)) {
            std::string cell;
            result.AppendCell(row, i, engine::CellStyle::kSpark, cell);
            out += CsvField(cell);
        }
    }
    if (format == Format::kJsonl) out += '}';
    out += '\n';
}

}  // namespace

Format ParseFormat(std::string_view name) {
    if (name == "tsv") return Format::kTsv;
    if (name == "csv") return Format::kCsv;
    if (name == "jsonl") return Format::kJsonl;
    return Format::kTable;
}

Result<void> PrintRows(engine::ResultSet &result, Format format, std::FILE *out) {
    if (result.columns().empty()) return {};
    if (format == Format::kTable) return PrintTable(result, out);
    std::string text;
    if (format == Format::kCsv) {
        for (size_t i = 0; i < result.columns().size(); i++) text += (i > 0 ? "," : "") + CsvField(result.columns()[i].name);
        text += '\n';
    }
    while (true) {
        TARN_TRY(bool more, result.Next());
        if (!more) break;
        for (size_t row = 0; row < result.batch_rows(); row++) AppendRow(result, row, format, text);
        std::fwrite(text.data(), 1, text.size(), out);
        text.clear();
    }
    std::fwrite(text.data(), 1, text.size(), out);
    return {};
}

void PrintNotes(engine::Session &session) {
    std::fflush(stdout);
    for (const std::string &note : session.TakeNotes()) std::fprintf(stderr, "note: %s\n", note.c_str());
}

size_t DisplayWidth(std::string_view text) {
    size_t width = 0;
    for (size_t i = 0; i < text.size();) {
        auto lead = static_cast<unsigned char>(text[i]);
        size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
        uint32_t code = lead;
        if (length > 1) code = lead & (0xFFu >> (length + 1));
        for (size_t j = 1; j < length && i + j < text.size(); j++) code = code << 6 | (static_cast<unsigned char>(text[i + j]) & 0x3F);
        i += length;
        int columns = code < 0x80 ? 1 : wcwidth(static_cast<wchar_t>(code));
        width += columns < 0 ? 1 : static_cast<size_t>(columns);
    }
    return width;
}

std::string Pad(std::string_view text, size_t width, bool right) {
    size_t used = DisplayWidth(text);
    std::string blanks(width > used ? width - used : 0, ' ');
    return right ? blanks + std::string(text) : std::string(text) + blanks;
}

bool IsTerminal(std::FILE *stream) { return isatty(fileno(stream)) != 0; }

std::string Thousands(int64_t number) {
    std::string digits = std::to_string(number < 0 ? -number : number);
    for (size_t at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return number < 0 ? "-" + digits : digits;
}

}  // namespace tarn::cli
