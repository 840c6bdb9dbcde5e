# shellcheck shell=bash
# What the scripts beside this file share. They source it; it is not run by itself.
#
# The environment that all of them know: KAFKA_STATE, an absolute path; .kafka in the repository if it is not set.

shopt -s inherit_errexit # what fails in $(...) ends the script as well

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # the others use it
state=${KAFKA_STATE:-$root/.kafka}

die() { echo "${0##*/}: $*" >&2; exit 1; }

usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; } # the comment at the head of the script

install() { # install PACKAGE...: what a bare Debian lacks
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then die "missing here: $* (as Debian calls it)"; fi
  echo "installing $*" >&2
  apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

need() { # need COMMAND PACKAGE...
  command -v "$1" >/dev/null || install "${@:2}"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; } # answers PORT

# Jars and all that they need at run time, by Maven. Renamed when it is complete, so that an interrupted download never looks
# like a finished one.
jars() { # jars FOLDER GROUP:ARTIFACT:VERSION...: into FOLDER/libs, unless that is there
  local folder=$1 artifact group id version dependencies=""
  shift
  need java openjdk-17-jre-headless
  [[ -d $folder/libs ]] && return
  need mvn maven
  mkdir -p "$folder"
  for artifact; do
    IFS=: read -r group id version <<<"$artifact"
    dependencies+="<dependency><groupId>$group</groupId><artifactId>$id</artifactId><version>$version</version></dependency>"
  done
  cat >"$folder/pom.xml" <<XML
<project><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>$dependencies</dependencies></project>
XML
  rm -rf "$folder/libs.part"
  mvn -q -B -ntp -f "$folder/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$folder/libs.part" >&2
  mv "$folder/libs.part" "$folder/libs"
}

count_jars() { echo "$1/libs: $(find "$1/libs" -name '*.jar' | wc -l) jars"; } # count_jars FOLDER

# A process has a folder: `pid` and `log` in it are its own, and its command line names a file in it.

launch() { # launch FOLDER COMMAND...: in a session of its own, so that Ctrl-C in the terminal does not end it
  local folder=$1
  shift
  setsid nohup "$@" </dev/null >"$folder/log" 2>&1 &
  echo $! >"$folder/pid"
}

alive() { # alive FOLDER: prints the process, if it is alive and really ours, for ids are used again
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 1
  grep -qsF "$1/" "/proc/$pid/cmdline" || return 1
  echo "$pid"
}

await() { # await FOLDER WHAT COMMAND...: until the command succeeds, for what was launched there to serve
  local folder=$1 what=$2 pid
  pid=$(cat "$folder/pid")
  shift 2
  for _ in $(seq 300); do
    "$@" && return
    kill -0 "$pid" 2>/dev/null || { tail -n 30 "$folder/log" >&2; die "$what ended at its start; its log's end is above"; }
    sleep 0.2
  done
  tail -n 30 "$folder/log" >&2
  die "$what did not answer within a minute; its log's end is above"
}

finish() { # finish FOLDER...: ends what was launched there
  local folder pid
  # A frozen process takes no signal but KILL until it is woken.
  for folder; do if pid=$(alive "$folder"); then kill "$pid"; kill -CONT "$pid"; fi; done
  for folder; do
    # The last nodes of a cluster have no quorum left to say good-bye to, and would wait for it for minutes.
    for _ in $(seq 25); do alive "$folder" >/dev/null || break; sleep 0.2; done
    if pid=$(alive "$folder"); then kill -9 "$pid"; while alive "$folder" >/dev/null; do sleep 0.1; done; fi
    rm -f "$folder/pid"
  done
}

how() { # how FOLDER: whether it is up
  local pid
  if ! pid=$(alive "$1"); then echo down; return; fi
  if [[ $(awk '/^State:/ {print $2}' "/proc/$pid/status") == T ]]; then echo "up but frozen, process $pid"; else echo "up, process $pid"; fi
}
