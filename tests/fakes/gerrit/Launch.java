import java.util.Arrays;

/** Starts a Gerrit program (Init, Daemon) whose `main` is an instance method: Launch NAME ARGUMENTS.
 * A Daemon ends when its standard input does, so that no server outlives the tests that started it. */
public final class Launch {
    public static void main(String[] arguments) throws Exception {
        Thread parent = new Thread(Launch::endWithParent);
        parent.setDaemon(true);
        if (arguments[0].equals("Daemon")) parent.start();
        Class<?> program = Class.forName("com.google.gerrit.pgm." + arguments[0]);
        String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
        Object instance = program.getDeclaredConstructor().newInstance();
        Object status = program.getMethod("main", String[].class).invoke(instance, (Object) rest);
        System.exit((Integer) status);
    }

    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) continue;
        } catch (java.io.IOException closed) {
            // the same as its end
        }
        Runtime.getRuntime().halt(0);
    }
}
