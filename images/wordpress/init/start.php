<?php

declare(strict_types=1);

namespace Varvol;

use RuntimeException;

/** What an import may leave beside, where what wp-content holds keeps WordPress from starting (agent/setAside.ts). */
const MAY_SET_ASIDE = '/.varvol-may-set-aside';
const ASIDE = '.set-aside';
const MOST = 20;
const TRIAL_SECONDS = 90;

/**
 * Tries whether the WordPress that was imported starts with what came along: drop-ins and must-use plugins load before
 * anything else, and can't be switched off. What fails is set aside where the import may do that, and else named.
 */
function try_to_start(string $content): void
{
    $may = is_file($content . MAY_SET_ASIDE);
    for ($tries = 0; ($failure = trial()) !== null; $tries++) {
        $place = "wp-content/$failure[file]";
        $what = "$place, line $failure[line]: $failure[message]";
        if (!$failure['alone']) {
            // The gate asks for the front page, and fails with what PHP says of it.
            note("the front page fails: $what");
            break;
        }
        if (!$may || $tries >= MOST) {
            throw new RuntimeException("$what. It is loaded before all else, and needs what is not here: --set-aside of an import, "
                . 'or setAside: true below import:, keeps it beside as NAME' . ASIDE);
        }
        rename("$content/$failure[file]", "$content/$failure[file]" . ASIDE);
        note("set aside $place as $place" . ASIDE . ": $failure[message]");
    }
    if ($may) {
        unlink($content . MAY_SET_ASIDE);
    }
}

/** @return ?array{file: string, line: int, message: string, alone: bool} null where it starts, or takes too long to tell */
function trial(): ?array
{
    $command = ['timeout', (string) TRIAL_SECONDS, PHP_BINARY, '-d', 'memory_limit=256M', '-d', 'display_errors=0', '-d',
        'log_errors=0', __DIR__ . '/trial.php'];
    $said = tmpfile();
    $child = proc_open($command, [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w'], $said], $_);
    proc_close($child);
    rewind($said);
    $failure = json_decode((string) stream_get_contents($said), true);
    return is_array($failure) ? $failure : null;
}
