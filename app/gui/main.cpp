// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/backend.h"
#include "app/gui/screenshots.h"
#include "app/translations.h"
#include "model/base/visible.h"
#include "model/connection/connections.h"
#include "model/connection/worker.h"
#include "model/sandbox/keeper.h"
#include "model/sandbox/sandbox.h"
#include "views/mainwindow.h"
#include "views/text/errortext.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

using namespace treewarden;

namespace {

// Calls once, as soon as the window has been painted: what is slow waits until the user sees something.
class AfterFirstPaint : public QObject
{
public:
    AfterFirstPaint(QWidget *window, std::function<void()> call)
        : QObject(window)
        , m_call(std::move(call))
    {
        window->installEventFilter(this);
    }

protected:
    bool eventFilter(QObject *window, QEvent *event) override
    {
        if (event->type() == QEvent::Paint) {
            window->removeEventFilter(this);
            QTimer::singleShot(0, this, [this] { m_call(); });
        }
        return false;
    }

private:
    std::function<void()> m_call;
};

// The window, until it is closed; the exit code. `pictures`: the folder for screenshots, instead of a user's session.
int run(QStringList uris, const QString &pictures)
{
    Connections connections(&backendFor);

    if (!pictures.isEmpty()) {
        // Pictures must not depend on, nor change, what the user has set.
        const QTemporaryDir folder;
        QSettings settings(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
        MainWindow window(&connections, &settings);
        window.resize(1280, 800);
        window.show();
        return takeScreenshots(window, connections, uris.value(0, SandboxName), pictures);
    }

    QSettings settings;
    if (uris.isEmpty())
        uris = MainWindow::rememberedConnections(settings);
    for (const QString &uri : std::as_const(uris))
        connections.add(uri);
    MainWindow window(&connections, &settings);
    window.show();
    new AfterFirstPaint(&window, [&connections] {
        for (Connection *connection : connections.all())
            connection->open();
    });
    return QApplication::exec();
}

} // namespace

int main(int argc, char **argv)
{
    if (const std::optional<int> kept = runKeeperIfAsked(argc, argv))
        return *kept;
    // A daemon may end while libvirt writes to it: the call says so.
    std::signal(SIGPIPE, SIG_IGN);

    // Help and version are for terminals too, where QApplication would find no display and abort.
    const bool onlyWords = std::any_of(argv + 1, argv + argc, [](const char *argument) {
        constexpr std::array<std::string_view, 5> words{"-h", "--help", "--help-all", "-v", "--version"};
        return std::find(words.begin(), words.end(), argument) != words.end();
    });
    std::unique_ptr<QCoreApplication> app;
    if (onlyWords)
        app = std::make_unique<QCoreApplication>(argc, argv);
    else
        app = std::make_unique<QApplication>(argc, argv);
    QCoreApplication::setOrganizationName(QStringLiteral("treewarden"));
    QCoreApplication::setApplicationName(QStringLiteral("treewarden"));
    QCoreApplication::setApplicationVersion(QStringLiteral(TREEWARDEN_VERSION));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Treewarden"));
    QGuiApplication::setDesktopFileName(QStringLiteral("org.treewarden.Treewarden"));
    installTranslations(*app);

    QCommandLineParser parser;
    const QCommandLineOption sandbox(QStringLiteral("sandbox"),
        QCoreApplication::translate(
            "treewarden", "Open the sandbox: example machines in a libvirt of Treewarden’s own."));
    const QCommandLineOption reset(QStringLiteral("reset-sandbox"),
        QCoreApplication::translate("treewarden", "Make the sandbox anew before anything else."));
    const QCommandLineOption connectTo(QStringLiteral("connect"),
        QCoreApplication::translate("treewarden",
            "Connect to this address of libvirt, or to “sandbox”, instead of the remembered ones. May be repeated."),
        QStringLiteral("URI"));
    const QCommandLineOption screenshots(QStringLiteral("screenshots"),
        QCoreApplication::translate(
            "treewarden", "Save pictures of the main views in this folder, print their paths, and exit."),
        QStringLiteral("DIR"));
    parser.setApplicationDescription(QCoreApplication::translate("treewarden",
        "Shows the snapshot trees of libvirt machines, and takes, reverts to and deletes snapshots without losing "
        "what nobody asked it to lose."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addOptions({sandbox, reset, connectTo, screenshots});
    parser.process(*app);
    if (onlyWords)
        parser.showHelp(2); // the word was taken as the value of an option

    if (parser.isSet(reset)) {
        if (const Result<> done = resetSandbox(); !done) {
            const QString words = QCoreApplication::translate("treewarden", "The sandbox was not made anew. %1", "why")
                                      .arg(ErrorText::sandbox(done.error()));
            std::fprintf(stderr, "treewarden: %s\n", qUtf8Printable(words));
            if (!done.error().detail.isEmpty())
                std::fprintf(stderr, "%s\n", qUtf8Printable(visible(done.error().detail)));
            return 4;
        }
    }

    QStringList uris = parser.values(connectTo);
    if (parser.isSet(sandbox))
        uris.prepend(SandboxName);
    const int code = run(uris, parser.value(screenshots));
    // A worker in a call that does not come back must not keep the program; nor may statics go while it uses them.
    constexpr auto Patience = std::chrono::seconds(1);
    if (!waitForWorkers(Patience))
        std::_Exit(code);
    return code;
}
