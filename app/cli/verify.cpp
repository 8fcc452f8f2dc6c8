// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verify.h"

#include "app/cli/clitext.h"
#include "app/cli/output.h"
#include "model/backend/localfiles/localeditor.h"
#include "model/backend/localfiles/localfiles.h"
#include "model/backup/verify.h"
#include "views/text/backuptext.h"

#include <QDir>
#include <QJsonArray>

namespace treewarden::cli {

using namespace Qt::StringLiterals;

namespace {

QJsonObject toJson(const CheckedPoint &checked)
{
    QJsonArray files;
    for (const CheckedFile &file : checked.files) {
        const QString problem = BackupText::problem(file);
        files.append(QJsonObject{{u"path"_s, file.path}, {u"ok"_s, !file.fault},
            {u"problem"_s, problem.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(problem)}});
    }
    return {{u"n"_s, checked.point.number}, {u"time"_s, checked.point.time},
        {u"level"_s, backupLevelName(checked.point.level)}, {u"files"_s, files}};
}

void printPoints(const CheckedChain &chain)
{
    std::vector<TableRow> rows;
    for (const CheckedPoint &checked : chain.points) {
        for (const CheckedFile &file : checked.files) {
            const QString problem = BackupText::problem(file);
            rows.push_back({{QString::number(checked.point.number), CliText::time(checked.point.time),
                BackupText::level(checked.point.level), file.path.section(u'/', -1),
                problem.isEmpty() ? CliText::asItWasWritten() : problem}});
        }
    }
    printTable(CliText::verifyHeader(), rows);
}

} // namespace

int verifyCommand(const Options &options, const Backend &)
{
    const QString folder = QDir::cleanPath(QDir::current().absoluteFilePath(options.arguments[0]));
    LocalFiles store;
    LocalEditor editor;
    Ticker ticker;
    const auto checked = verifyChain(store, editor, folder, [&](Bytes done, Bytes total) {
        if (!options.json)
            ticker.show(CliText::reading(done, total));
        return true;
    });
    ticker.clear();
    if (!checked)
        return failed(CliText::error(checked.error()));
    QJsonArray points;
    for (const CheckedPoint &point : checked->points)
        points.append(toJson(point));
    if (options.json)
        printJson({{u"chain"_s, checked->folder}, {u"points"_s, points}, {u"ok"_s, checked->isWhole()}});
    else
        printPoints(*checked);
    return checked->isWhole() ? Done : FailedExit;
}

} // namespace treewarden::cli
